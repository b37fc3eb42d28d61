"""What the manual shows can be copied: commands that the command knows, keys that there are, JSON, YAML, Python."""

import ast
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
import yaml  # type: ignore[import-untyped]

from doorstep.cli.main import app
from doorstep.config.reference import settings_keys
from fakes.manual import Block, blocks, logical_lines, name_of, pages

ALL = list(blocks())
VERBS: Any = typer.main.get_command(app)
BEFORE = re.compile(r"(?:^|[\s(])(?:[\w./]*/bin/)?doorstep (?=[a-z-])")
INLINE = re.compile(r"`(?:[\w./]*/bin/)?doorstep ([a-z-][^`]*)`")
NOT_THE_COMMAND = {"git", "sudo", "systemctl", "tailscale"}
"""What `doorstep` is to them is a folder, a user or a service."""
IS_A_FUNCTION = "doorstep() {"


def commands_in(block: Block) -> Iterator[str]:
    """What is said to `doorstep` in a block of shell, each as its words behind the name."""
    for line in logical_lines(block.text):
        if line.split()[0] in NOT_THE_COMMAND or IS_A_FUNCTION in line or line.startswith(("{", "|", '"', "└", "ok ")):
            continue
        for found in BEFORE.finditer(line):
            words = re.split(r"\s{3,}|[|;>)]|&&", line[found.end() :])[0].strip()
            if words.split()[0] in VERBS.commands:
                yield words


SAID = [
    pytest.param(words, id=f"{block.name}-{words[:40]}")
    for block in ALL
    if block.language in {"", "sh"}
    for words in commands_in(block)
]
MENTIONED = sorted(
    {
        (name_of(page), words.replace("\n", " "))
        for page in pages()
        for words in INLINE.findall(page.read_text(encoding="utf-8"))
        if words.split()[0] in VERBS.commands
    }
)


def found_verb(words: list[str]) -> tuple[Any, list[str]]:
    """The verb that these words begin with, and the rest."""
    verb, rest = VERBS, words
    while getattr(verb, "commands", None) and rest and rest[0] in verb.commands:
        verb, rest = verb.commands[rest[0]], rest[1:]
    return verb, rest


def names_of(verb: Any) -> set[str]:
    """Options that it has; of a group those of all its verbs."""
    parts = getattr(verb, "commands", {}).values()
    own = {name for one in verb.params for name in (*one.opts, *one.secondary_opts)} | {"--help", "-h", "--version"}
    return own.union(*(names_of(part) for part in parts))


def words_of(text: str) -> list[str]:
    return shlex.split(re.sub(r"[\[\]]", "", text).replace("…", "X"), posix=True)


@pytest.mark.parametrize("words", SAID)
def test_a_command_of_the_manual_has_the_options_that_it_shows(words: str) -> None:
    verb, rest = found_verb(words_of(words))
    assert [one for one in rest if one.startswith("-") and one.partition("=")[0] not in names_of(verb)] == []


def test_commands_within_the_text_have_the_options_that_they_name() -> None:
    wrong = []
    for page, words in MENTIONED:
        verb, rest = found_verb(words_of(words))
        unknown = [one for one in rest if re.match(r"--\w", one) and one.partition("=")[0] not in names_of(verb)]
        wrong += [(page, words, unknown)] if unknown else []
    assert wrong == []


def test_the_manual_shows_nearly_every_command() -> None:
    shown = {words.values[0].split()[0] for words in SAID} | {words.split()[0] for _, words in MENTIONED}  # type: ignore[union-attr]
    assert set(VERBS.commands) - shown == set()


def test_a_wrong_option_is_noticed() -> None:
    verb, rest = found_verb(words_of("clip porch --lost 60"))
    assert rest[1] not in names_of(verb)


KEYS = {key.path for key in settings_keys()}
TABLES = {path[:n] for path in KEYS for n in range(1, len(path))}
OURS = re.compile(r"\[\[?[a-z_.]+\]\]?\s|[a-z_]+\s*= ")
FREE = {("aws", "monthly_cap_usd")}
"""Tables whose keys are names that the owner gives."""


def ends_one(path: tuple[str, ...], known: set[tuple[str, ...]]) -> bool:
    """Whether it is one of them, or its end: a block may show keys of a table that the text names."""
    return any(one[-len(path) :] == path for one in known)


def keys_in(table: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Each key of a document, those of lists of tables too."""
    for key, value in table.items():
        inner = value if isinstance(value, list) and ends_one((*path, key), TABLES) else [value]
        parts = [one for one in inner if isinstance(one, dict)]
        for part in parts:
            if ends_one((*path, key), TABLES):
                yield from keys_in(part, (*path, key))
        if not parts or not ends_one((*path, key), TABLES):
            yield (*path, key)


def is_toml(block: Block) -> bool:
    """Where nothing names the language, what begins with a table or a key of ours."""
    return block.language == "toml" or (block.language == "" and bool(OURS.match(block.text)))


@pytest.mark.parametrize("block", [one for one in ALL if is_toml(one)], ids=lambda one: one.name)
def test_toml_holds_keys_that_there_are(block: Block) -> None:
    found = set(keys_in(tomllib.loads(block.text)))
    assert [path for path in found if not ends_one(path, KEYS | FREE)] == []


def test_a_key_that_is_none_is_noticed() -> None:
    [path] = keys_in({"camera": [{"sauce": "demo://"}]})
    assert not ends_one(path, KEYS)


def test_what_others_read_is_no_table_of_ours() -> None:
    texts = {"[Service]\nNice=5\n": False, "[buffer]\nseconds = 5\n": True, "audio = true": True, "TOKEN=$(x)": False}
    assert {text: is_toml(Block("page.md", 1, "", text)) for text in texts} == texts


@pytest.mark.parametrize("block", [one for one in ALL if one.language == "yaml"], ids=lambda one: one.name)
def test_yaml_is_yaml(block: Block) -> None:
    assert isinstance(yaml.safe_load(block.text), list | dict)


@pytest.mark.parametrize("block", [one for one in ALL if one.language == "json"], ids=lambda one: one.name)
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", [one for one in ALL if one.language == "python"], ids=lambda one: one.name)
def test_python_is_python(block: Block) -> None:
    ast.parse(block.text)


def test_every_language_is_looked_at() -> None:
    known = {"", "sh", "toml", "json", "python", "mermaid", "nginx", "yaml"}
    assert {one.language for one in ALL} - known == set()
