"""Where each key of a TOML text stands."""

import tomllib
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from doorstep.config.key_lines import KeyPath, key_lines

TEXT = '''\
# a comment with [brackets] and = signs
title = "one" # and a "comment"

[server]
listen = "0.0.0.0:8080"
"odd.key" = 1
tls.cert = "x"

[[camera]]
id = "a"
zones = [
    # a comment ] in a list
    { name = "porch", polygon = [[0.1, 0.4],
        [0.9, 0.4]] },
    { name = "gate ] } # no comment", polygon = [] },
]

[[camera]]
id = """two
lines"""
name = 'b'

[camera.more]
deep = 1979-05-27 07:32:00
[notify.email]
to = ["a", "b"]
'''


def test_keys_stand_where_they_are_written() -> None:
    lines = key_lines(TEXT)
    assert {path: lines[path] for path in EXPECTED} == EXPECTED
    assert set(lines) == paths_of(tomllib.loads(TEXT))


EXPECTED: dict[KeyPath, int] = {
    ("title",): 2,
    ("server",): 4,
    ("server", "odd.key"): 6,
    ("server", "tls", "cert"): 7,
    ("camera",): 9,
    ("camera", 0): 9,
    ("camera", 0, "zones", 0, "polygon"): 13,
    ("camera", 0, "zones", 0, "polygon", 1): 14,
    ("camera", 0, "zones", 1, "name"): 15,
    ("camera", 1): 18,
    ("camera", 1, "id"): 19,
    ("camera", 1, "name"): 21,
    ("camera", 1, "more"): 23,
    ("camera", 1, "more", "deep"): 24,
    ("notify", "email", "to", 1): 26,
}


def paths_of(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    """Every path that tomllib found."""
    match value:
        case dict():
            parts = list(value.items())
        case list():
            parts = list(enumerate(value))
        case _:
            parts = []
    here = {path} if path else set()
    return here.union(*(paths_of(item, (*path, key)) for key, item in parts))


FRAGMENTS = st.sampled_from(
    [
        *("[a]", "[[b]]", "[a.b]", "[[b.c]]", "[b.d]", "k = ", "a.b = ", '"q]\\"" = ', "'l' = "),
        *("1", "true", "07:32:00", "'s'", '"x#"', "[1, 2]", "{ x = 1, y.z = [ ] }"),
        *("''", '""', '""" " "" """', "'''\n'''", '"""\\""""', '""""a"""""'),
        *("[", "]", "{", "}", ",", ".", "\n", "\r\n", "# c ]\n", " ", "\t"),
    ]
)


@given(st.lists(FRAGMENTS, max_size=25).map("".join) | st.text(max_size=60))
@example('a = """\\\\"""\nb = 1')
@example("a = ''''b''''\nc = '' # '''\nd = 1")
@example("[ a . 'b' ]\nc . d = { }")
def test_every_key_that_the_parser_finds_has_a_line(text: str) -> None:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = key_lines(text)
    assert set(lines) == paths_of(tables)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


KEYS = st.text("abcdefghij_-", min_size=1, max_size=6)
VALUES = st.recursive(
    st.sampled_from(["1", "true", "'text'", '"]"', '"""a\nb"""', "-3.5e2"]),
    lambda value: st.lists(value, max_size=3).map(lambda items: f"[ {', '.join(items)} ]"),
    max_leaves=5,
)


@given(st.dictionaries(KEYS, st.tuples(VALUES, st.integers(0, 3)), max_size=8))
def test_lines_are_counted_over_whatever_lies_between(pairs: dict[str, tuple[str, int]]) -> None:
    text, expected = "", {}
    for key, (value, blank) in pairs.items():
        text += "\n" * blank
        expected[key] = text.count("\n") + 1
        text += f"{key} = {value}\n"
    lines = key_lines(text)
    assert {path[0]: line for path, line in lines.items() if len(path) == 1} == expected
