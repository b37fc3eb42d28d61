"""A changed config file says what was asked for, and every letter that nobody touched is as it was."""

import tomllib
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.config.edit import edited
from doorstep.core.settings_edit import SettingsChange, SettingsRefused

TEXT = """\
# The house
[server]
listen = "127.0.0.1:1"   # here

# Events: how long
[events]
  pre_roll = 5   # seconds
  # about the end
  close_after = 10

# The first camera
[[camera]]
id = "porch"
name = "Porch # 1"
source = 'demo://'
zones = [
  # where they stand
  { name = "steps", polygon = [[0.1, 0.4], [0.9, 0.4], [0.9, 1.0]] },
]

# The second one
[[camera]]
id = "yard"
name = "Yard"
source = "demo://"
[camera.least_heights]
person = 0.2 # small

# The end
[retention]
days = 30
"""


def change(*path: str | int, value: object) -> SettingsChange:
    return SettingsChange(path, value)


def test_a_value_is_changed_and_its_comment_stays() -> None:
    assert edited(TEXT, [change("events", "pre_roll", value=6.5)]) == TEXT.replace("= 5   #", "= 6.5   #")


def test_a_new_key_stands_behind_the_others_of_its_table_and_is_indented_like_them() -> None:
    found = edited(TEXT, [change("events", "post_roll", value=3)])
    assert found == TEXT.replace("close_after = 10\n", "close_after = 10\n  post_roll = 3\n")


def test_a_key_goes_with_its_line_and_no_other() -> None:
    assert edited(TEXT, [change("events", "pre_roll", value=None)]) == TEXT.replace("  pre_roll = 5   # seconds\n", "")
    assert edited(TEXT, [change("events", "longest", value=None)]) == TEXT
    assert edited(TEXT, [change("watch", "ping_every", value=None)]) == TEXT


def test_a_table_that_was_not_there_comes_last() -> None:
    assert edited(TEXT, [change("watch", "ping_every", value=30)]) == f"{TEXT}\n[watch]\nping_every = 30\n"


def test_a_camera_comes_behind_the_others_and_goes_without_the_next_ones_comment() -> None:
    found = edited(TEXT, [change("camera", "gate", value={"name": 'The "gate" 🌻 <b>', "source": "demo://"})])
    assert [one["id"] for one in tomllib.loads(found)["camera"]] == ["porch", "yard", "gate"]
    assert found.index('id = "gate"') < found.index("# The end")
    without = edited(found, [change("camera", "yard", value=None), change("camera", "gate", value=None)])
    assert [one["id"] for one in tomllib.loads(without)["camera"]] == ["porch"]
    assert all(comment in without for comment in ("# The house", "# where they stand", "# The second one", "# The end"))


def test_the_last_camera_may_go() -> None:
    found = edited(TEXT, [change("camera", name, value=None) for name in ("porch", "yard")])
    assert "camera" not in tomllib.loads(found)


def test_a_part_of_a_camera_is_set_in_its_own_place() -> None:
    heights = {"person": 0.3, "cat": 0.1}
    found = edited(
        TEXT,
        [
            change("camera", "yard", "least_heights", value=heights),
            change("camera", "porch", "least_heights", "dog", value=0.1),
            change("camera", "porch", "zones", 0, "name", value="stairs"),
            change("camera", "porch", "record", value="always"),
        ],
    )
    porch, yard = tomllib.loads(found)["camera"]
    assert (porch["least_heights"], yard["least_heights"]) == ({"dog": 0.1}, heights)
    assert (porch["zones"][0]["name"], porch["record"]) == ("stairs", "always")
    assert "person = 0.3 # small" in found
    assert "# where they stand" in found


def test_tables_without_an_id_are_named_by_their_number() -> None:
    first, second = ({"name": name, "url": f"ntfy://{name}"} for name in ("one", "two"))
    found = edited("", [change("notify", "apprise", 0, value=first), change("notify", "apprise", 1, value=second)])
    assert tomllib.loads(found)["notify"]["apprise"] == [first, second]
    assert found.count("[[notify.apprise]]") == 2
    left = edited(found, [change("notify", "apprise", 0, value=None)])
    assert tomllib.loads(left)["notify"]["apprise"] == [second]


@pytest.mark.parametrize("text", ["camera = [{ id = 'a', name = 'A' }]", "[[camera]]\nid='a'\nname='A'", "camera=[]"])
def test_cameras_may_be_written_inline(text: str) -> None:
    found = edited(text, [change("camera", "b", value={"name": "B"})])
    assert tomllib.loads(found)["camera"][-1] == {"id": "b", "name": "B"}


@pytest.mark.parametrize(
    "text",
    [
        "events.pre_roll = 1\nevents.longest = 9 # c\n",
        "events = { pre_roll = 1, longest = 9 }\n",
        "[events]\r\npre_roll=1\r\n",
    ],
)
def test_tables_may_be_written_with_dots_inline_or_with_other_line_ends(text: str) -> None:
    found = edited(text, [change("events", "post_roll", value=2), change("events", "pre_roll", value=3)])
    events = tomllib.loads(text)["events"]
    assert tomllib.loads(found)["events"] == events | {"post_roll": 2, "pre_roll": 3}
    assert ("\r\n" in text) is ("\r\n" in found)
    assert "\n" not in found.replace("\r\n", "") or "\r\n" not in text


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("events", "pre_roll"), "a\nb", "line breaks"),
        (("events", "pre_roll"), "\ud800", "control characters"),
        (("events", "pre_roll"), 2**63, "too large"),
        (("events", "pre_roll"), float("inf"), "finite"),
        (("events", "pre_roll"), [[[[[[[[[1]]]]]]]]], "nested"),
        (("events", "pre_roll"), {"": 1}, "key"),
        (("events", "pre_roll", "x"), 1, "leads nowhere"),
        (("camera", "nobody", "name"), "x", "not there any more"),
        (("camera", 0, "name"), "x", "by its id"),
        (("notify", "apprise", 3), {"name": "x"}, "leads nowhere"),
        ((), 1, "no path"),
        ((1,), 1, "no path"),
        (("a",) * 9, 1, "no path"),
        (("a\x00",), 1, "no path"),
        (("a" * 300,), 1, "no path"),
    ],
)
def test_what_cannot_be_written_is_said_and_nothing_is(path: tuple[str | int, ...], value: object, words: str) -> None:
    with pytest.raises(SettingsRefused, match=words) as refused:
        edited(TEXT, [SettingsChange(path, value)])
    assert refused.value.faults[0].what in str(refused.value)
    assert "\ud800" not in str(refused.value)


def test_a_hundred_changes_are_the_most() -> None:
    with pytest.raises(SettingsRefused, match="100"):
        edited("", [change("events", "pre_roll", value=1)] * 101)


# ------------------------------------------------------------------------------------ any document, any changes

NAMES = st.sampled_from(["events", "server", "notify", "camera", "a b", "é", "x.y", "'q'", 'd"q'])
KEYS = st.sampled_from(["one", "two", "three", "sp ace", "ü"])
TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)
SCALARS = st.one_of(TEXTS, st.integers(-(2**40), 2**40), st.booleans(), st.floats(-1e9, 1e9, allow_nan=False))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=5,
)
COMMENTS = st.sampled_from(["", "  # [a] comment = 'x'", '# "another" }'])


def quoted(name: str) -> str:
    return name if name.isascii() and name.isalnum() else '"' + name.replace('"', '\\"') + '"'


def literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[ " + ",\n  # in a list\n ".join(map(literal_inline, value)) + "]"
    return literal_inline(value)


def literal_inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {literal_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal_inline, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Headers, lists of tables, dots and inline tables, with comments all over; some are no TOML."""
    lines = [draw(COMMENTS).strip()]
    for name in draw(st.lists(NAMES, max_size=5, unique=True)):
        head = quoted(name)
        kind = draw(st.sampled_from(["table", "list", "deep", "dots", "inline"]))
        pairs = [(key, draw(VALUES)) for key in draw(st.lists(KEYS, max_size=3, unique=True))]
        if kind == "inline":
            written = [f"{head} = {literal_inline(dict(pairs))} {draw(COMMENTS)}"]
            lines = [*written, *lines]
            continue
        if kind == "dots":
            lines = [*(f"{head}.{quoted(key)} = {literal(item)} {draw(COMMENTS)}" for key, item in pairs), *lines]
            continue
        header = {"table": f"[{head}]", "list": f"[[{head}]]", "deep": f"[{head}.two]"}[kind]
        for number in range(draw(st.integers(1, 2)) if kind == "list" else 1):
            lines += [draw(COMMENTS).strip(), f"{header} {draw(COMMENTS)}"]
            if name == "camera" and kind == "list":
                lines.append(f'id = "cam-{number}"')
            lines += [f"  {quoted(key)} = {literal(item)} {draw(COMMENTS)}" for key, item in pairs]
            lines.append(draw(COMMENTS))
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


def readable(text: str) -> bool:
    try:
        tomllib.loads(text)
    except ValueError:
        return False
    return True


PATHS = st.one_of(
    st.tuples(NAMES, KEYS),
    st.tuples(NAMES, KEYS, KEYS),
    st.tuples(NAMES),
    st.tuples(NAMES, st.integers(0, 2)),
    st.tuples(NAMES, st.integers(0, 2), KEYS),
    st.tuples(st.just("camera"), st.sampled_from(["cam-0", "cam-1", "new"])),
    st.tuples(st.just("camera"), st.sampled_from(["cam-0", "cam-1"]), KEYS),
    st.tuples(st.just("notify"), st.just("apprise"), st.integers(0, 2)),
)


def put(tables: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """The simplest words for what a change means; raises where it means nothing."""
    if path[0] == "camera" and len(path) > 1:
        ids = [one.get("id") if isinstance(one, dict) else None for one in tables.get("camera", [])]
        number = ids.index(path[1]) if path[1] in ids else len(ids)
        if len(path) == 2 and isinstance(value, dict):
            value = {"id": path[1], **value}
        path = ("camera", number, *path[2:])
    below = tables
    for here, after in pairwise(path):
        if isinstance(below, dict) and here not in below:
            if value is None:
                return tables
            below[here] = [] if isinstance(after, int) else {}
        below = below[here]
    last = path[-1]
    if value is None:
        if isinstance(below, dict):
            below.pop(last, None)
        elif isinstance(last, int) and last < len(below):
            del below[last]
    elif isinstance(below, list) and last == len(below):
        below.append(value)
    else:
        below[last] = value
    return tables


NEW = object()


def before_of(text: str, path: tuple[str | int, ...]) -> Any:
    """What a key of a table with a header was, NEW where it was not there; a list where nothing is promised."""
    tables = tomllib.loads(text)
    if path[0] not in tables:
        return NEW
    if len(path) == 2 and path[0] != "camera" and f"[{quoted(str(path[0]))}]" in text.replace("[[", "(("):
        return tables[path[0]].get(path[1], NEW) if isinstance(tables[path[0]], dict) else []
    return []


def bare(value: Any) -> Any:
    if isinstance(value, dict):
        items = {key: bare(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item not in ({}, [])}
    return [bare(item) for item in value] if isinstance(value, list) else value


@settings(max_examples=400)
@given(documents().filter(readable), st.lists(st.tuples(PATHS, st.one_of(st.none(), VALUES)), min_size=1, max_size=4))
def test_any_changes_of_any_document_say_what_was_asked_and_touch_nothing_else(
    text: str, wanted: list[tuple[tuple[str | int, ...], Any]]
) -> None:
    for path, value in wanted:
        before = tomllib.loads(text)
        try:
            after = edited(text, [SettingsChange(path, value)])
        except SettingsRefused:
            continue
        assert bare(tomllib.loads(after)) == bare(put(before, path, value))
        known = before_of(text, path)
        if value is not None and known is NEW:
            assert [line for line in text.splitlines() if line not in after.splitlines()] == []
        elif value is not None and not isinstance(known, dict | list) and not isinstance(value, dict | list):
            gone = [line for line in text.splitlines() if line not in after.splitlines()]
            assert len(gone) <= 1
            assert text.count("#") == after.count("#") - str(value).count("#") + str(known).count("#")
        text = after
