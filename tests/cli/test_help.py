"""The words of the command before it does anything: help, version, wrong usage."""

import pytest
from typer.testing import CliRunner

from doorstep import __version__
from doorstep.cli.main import app

VERBS = ["run", "check", "clip", "detect", "tune", "publish", "models", "users", "tokens"]
WITH_SETTINGS = [
    *(["run"], ["check"], ["clip"], ["detect"], ["tune"]),
    *(["models", "list"], ["models", "fetch"], ["models", "verify"]),
    *(["users", "add"], ["tokens", "create"], ["tokens", "list"], ["tokens", "revoke"]),
]


def told(*words: str) -> tuple[int, str]:
    """Exit code and everything that was printed, on a wide terminal."""
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "250", "NO_COLOR": "1", "TERM": "dumb"})
    return result.exit_code, result.output


def test_the_help_names_every_verb_and_the_exit_codes() -> None:
    code, words = told("--help")
    assert code == 0
    assert all(f" {verb} " in words for verb in VERBS)
    assert "0 fine, 1 a fault that was reported, 2 wrong usage or config" in words


def test_without_a_verb_the_help_is_shown() -> None:
    assert "tokens" in told()[1]


@pytest.mark.parametrize("words", WITH_SETTINGS, ids=" ".join)
def test_every_verb_reads_the_config_and_the_data_folder_and_explains_itself(words: list[str]) -> None:
    code, text = told(*words, "--help")
    assert code == 0
    assert "--config" in text
    assert "--data" in text
    options = [line for line in text.splitlines() if line.lstrip("│ *").startswith("--")]
    assert all(len(line.strip("│ ").split("  ")) > 1 for line in options), "an option without a word about it"


def test_what_publish_can_do_stands_whole_on_a_narrow_terminal() -> None:
    result = CliRunner().invoke(app, ["publish", "--help"], env={"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"})
    assert result.exit_code == 0
    assert "…" not in result.output
    assert "/api/v1/cameras/ID/motion" in result.output


def test_the_version_is_one_line() -> None:
    assert told("--version") == (0, f"doorstep {__version__}\n")


@pytest.mark.parametrize(
    "words",
    [
        *(["rum"], ["run", "--lisen", "x"], ["clip"], ["clip", "porch", "--last", "0"]),
        *(["detect"], ["tune"], ["tokens", "create"]),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_two(words: list[str]) -> None:
    assert told(*words)[0] == 2
