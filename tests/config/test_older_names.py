"""A config of one and of two versions ago: understood as it is, and rewritten with every comment, or not at all.

No key was renamed so far, so these renames are invented; the code is that of every start.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.config.document import parse
from doorstep.config.load import load_settings
from doorstep.config.masking import difference
from doorstep.config.older_names import called_otherwise, text_with_names_of_now
from doorstep.config.without_secrets import without_secrets
from doorstep.core import renamed_keys
from doorstep.core.errors import ConfigInvalid
from doorstep.core.renamed_keys import RenamedKey

INVENTED = (
    RenamedKey("0.3.0", ("events", "wait"), ("events", "pause")),
    RenamedKey("0.3.0", ("camera", "title"), ("camera", "name")),
    RenamedKey("0.3.0", ("alerting",), ("notify",)),
    RenamedKey("0.3.0", ("server", "keep_days"), ("retention", "days")),
    RenamedKey("0.4.0", ("events", "pause"), ("events", "close_after")),
)
OLDER = """\
# The porch.   Written by hand.
[server]
listen = "127.0.0.1:1"   # mine
  # a month,
  # as the law wants it
  keep_days = 30 # days

[events] # seconds
wait=6   # was 5
"pre_roll" = 1

[[camera]]
id = "porch"
title   =  'Porch'  # title = "x"
source = "demo://"
[[camera]]
id = "garden"
"title" = "wait"
source = "demo://"

[ alerting . email ]  # [alerting]
smtp = "smtp://mail"
from = "a@b.org"
to = ["a@b.org"]
"""
NOW = """\
# The porch.   Written by hand.
[server]
listen = "127.0.0.1:1"   # mine

[events] # seconds
close_after=6   # was 5
"pre_roll" = 1

[[camera]]
id = "porch"
name   =  'Porch'  # title = "x"
source = "demo://"
[[camera]]
id = "garden"
name = "wait"
source = "demo://"

[ notify . email ]  # [alerting]
smtp = "smtp://mail"
from = "a@b.org"
to = ["a@b.org"]

[retention]
  # a month,
  # as the law wants it
  days = 30 # days
"""


@pytest.fixture(autouse=True)
def _invented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renamed_keys, "RENAMED", INVENTED)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "doorstep.toml"
        path.write_bytes(text.encode())
        return path

    return written


def test_a_config_of_two_versions_ago_means_what_it_meant(write: Callable[[str], Path]) -> None:
    path = write(OLDER)
    settings = load_settings(path, {}, only_built=True)
    assert settings == load_settings(write(NOW), {}, only_built=True)
    assert (settings.events.close_after, settings.retention.days) == (6, 30)
    assert [camera.name for camera in settings.cameras] == ["Porch", "wait"]
    assert settings.notify.email is not None


def test_its_text_is_rewritten_and_every_comment_stays() -> None:
    assert text_with_names_of_now(OLDER) == NOW
    assert text_with_names_of_now(NOW) == NOW


def test_lines_of_windows_stay_such() -> None:
    assert text_with_names_of_now(OLDER.replace("\n", "\r\n")) == NOW.replace("\n", "\r\n")


def test_a_fault_is_told_with_the_line_of_the_file_and_the_name_of_now(write: Callable[[str], Path]) -> None:
    path = write(OLDER.replace("wait=6", "wait='6'").replace("keep_days = 30", "keep_days = 0"))
    with pytest.raises(ConfigInvalid) as caught:
        load_settings(path, {})
    assert str(caught.value).splitlines() == [
        f"{path}, line 6: retention.days: must be more than 0",
        f"{path}, line 9: events.close_after: must be a number, without quotes",
    ]


def test_what_stands_there_by_both_names_is_not_guessed_at(write: Callable[[str], Path]) -> None:
    text = "[events]\nwait = 6\nclose_after = 7\n"
    with pytest.raises(ConfigInvalid) as caught:
        load_settings(write(text), {})
    told = (
        "events.pause: is called events.close_after since Doorstep 0.4.0, which stands here too; take one of them out"
    )
    assert str(caught.value).endswith(f"line 2: {told}")
    assert "\n" not in str(caught.value)
    assert text_with_names_of_now(text) is None


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("events.wait = 6 # dots", "events.close_after = 6 # dots"),
        ("events = { pre_roll = 1, wait = 6 } # inline", "events = { pre_roll = 1, close_after = 6 } # inline"),
        ("[events]\n'wait' = 6", "[events]\nclose_after = 6"),
        ("alerting.email.smtp = 'smtp://h'", "notify.email.smtp = 'smtp://h'"),
        ("[alerting]\n[alerting.email]\nsmtp = ''\n", "[notify]\n[notify.email]\nsmtp = ''\n"),
        ('camera = [{ id = "a", title = "T" }]', 'camera = [{ id = "a", name = "T" }]'),
        ("[server]\nkeep_days = 3", "[server]\n\n[retention]\ndays = 3\n"),
        ("server.keep_days = 3 # x\n", "[retention]\ndays = 3 # x\n"),
        ("[retention]\n[server]\nkeep_days = 3\n", "[retention]\ndays = 3\n[server]\n"),
        (
            "[retention]\nalways_days = 1\n\n[server]\nkeep_days = 3",
            "[retention]\nalways_days = 1\ndays = 3\n\n[server]\n",
        ),
        # What cannot be rewritten for certain stays, and is understood as it is.
        ("server = { keep_days = 3 }", None),
        ("[server]\nkeep_days = 3\n[retention.x]\n", "[server]\n[retention.x]\n\n[retention]\ndays = 3\n"),
        ("retention.always_days = 1\n[server]\nkeep_days = 3\n", None),
        ("retention = 5\n[server]\nkeep_days = 3\n", None),
    ],
)
def test_names_are_found_however_they_are_written(text: str, after: str | None) -> None:
    assert text_with_names_of_now(text) == after
    if after is not None:
        assert tomllib.loads(after) == _without_empty(parse(text, "x", Path()).tables, tomllib.loads(after))


def _without_empty(tables: dict[str, object], like: dict[str, object]) -> dict[str, object]:
    """A table that lost its only key has a header or none, as the text had one."""
    return {name: value for name, value in tables.items() if value != {} or name in like}


def test_an_older_version_is_told_what_it_calls_otherwise() -> None:
    tables = parse(NOW, "x", Path()).tables
    assert called_otherwise(tables, "0.3.0") == [("events.pause", "events.close_after")]
    assert called_otherwise(tables, "0.2.0") == [
        ("events.wait", "events.close_after"),
        ("camera.title", "camera.name"),
        ("alerting", "notify"),
        ("server.keep_days", "retention.days"),
    ]
    assert called_otherwise(tables, "0.4.0") == []


def test_a_backup_without_secrets_finds_them_by_either_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renamed_keys, "RENAMED", (RenamedKey("0.3.0", ("camera", "address"), ("camera", "source")),))
    shown = without_secrets('[[camera]]\nid = "a"\naddress = "rtsp://me:hunter2@h/x" # hunter2\n', "x")
    assert "hunter2" not in shown.text
    assert 'source = "${' in shown.text


@pytest.mark.parametrize("key", ["address", "source"])
def test_a_secret_under_both_names_is_in_no_backup_and_shown_nowhere(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setattr(renamed_keys, "RENAMED", (RenamedKey("0.3.0", ("camera", "address"), ("camera", "source")),))
    other = {"address": "source", "source": "address"}[key]
    both = f'[[camera]]\nid = "a"\n{key} = "rtsp://me:hunter2@h/x"\n{other} = "demo://"\n'
    with pytest.raises(ConfigInvalid, match="take one of them out") as caught:
        without_secrets(both, "x")
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in str(difference("", both))


def test_a_secret_that_cannot_be_moved_to_its_name_of_now_is_in_no_backup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renamed_keys, "RENAMED", (RenamedKey("0.3.0", ("server", "word"), ("detection", "token")),))
    with pytest.raises(ConfigInvalid, match=r"line 1: .* detection\.token"):
        without_secrets('server = { word = "hunter2" }\n', "x")
    shown = without_secrets('server = { word = "${WORD}" }\ndetection = { endpoint = "http://me@h/x" }\n', "x")
    assert "me@h" not in shown.text


KEYS = st.sampled_from(["wait", "pause", "close_after", "pre_roll", "title", "keep_days", '"wait"', "'title'"])
HEADERS = st.sampled_from(
    ["[events]", "[server]", "[[camera]]", "[retention]", "[alerting]", "[[alerting.webhook]]", "[ alerting . email ]"]
)
LINES = st.one_of(
    HEADERS,
    st.builds("{}{} ={} 5  # {}".format, st.sampled_from(["", "  "]), KEYS, st.sampled_from(["", "\t"]), KEYS),
    st.sampled_from(["# wait = 1", "", "x = { wait = 1, title = [2] }", 's = """\nwait = 1\n"""', "events.wait = 1"]),
)


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_a_rewritten_text_says_what_was_understood_and_has_every_comment(text: str) -> None:
    try:
        tomllib.loads(text)
    except ValueError:
        return
    understood = parse(text, "x", Path())
    after = text_with_names_of_now(text)
    if after is None:
        return
    again = parse(after, "x", Path())
    assert (again.tables, again.older, understood.faults) == (tomllib.loads(after), [], [])
    assert _without_empty(understood.tables, again.tables) == again.tables
    assert sorted(line.partition("#")[2] for line in after.split("\n") if "#" in line) == sorted(
        line.partition("#")[2] for line in text.split("\n") if "#" in line
    )
    if not understood.older:
        assert after == text
