"""Every problem that some part of Doorstep pins is of a rule that has its row: whether it is told, and in which words.

The keys are read from the source, so that nobody pins a new one and forgets that.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import doorstep
from doorstep.core.health_telling import CAMERA, CAMERA_RULES, NEVER, OF_A_CAMERA, RULES, rule_of
from doorstep.core.health_words import TITLES
from doorstep.core.picture_rules import PictureFault
from doorstep.pipeline.rehearsals import PROBLEM

SRC = Path(doorstep.__file__).parent
A_NAME = "anything"
"""Stands for what is written into a key while Doorstep runs."""

PINS = ("health.report", "board.report", "WrittenBehind")
"""What pins a problem: it is called with the key first."""

BY_HAND = {
    ("pipeline/nightly_test.py", f"{A_NAME}:{A_NAME}"): [f"{PROBLEM}:{A_NAME}"],
    ("pipeline/picture_health.py", f"camera:{A_NAME}:{A_NAME}"): [f"camera:{A_NAME}:{fault}" for fault in PictureFault],
}
"""What cannot be read from the source."""

LEAST_FOUND = 30
"""A search that finds fewer problems has gone blind."""


class Source:
    """One file, and what its names stand for."""

    def __init__(self, path: Path) -> None:
        self.path = path.relative_to(SRC).as_posix()
        self.nodes = list(ast.walk(ast.parse(path.read_text())))
        self.calls = [node for node in self.nodes if isinstance(node, ast.Call)]

    def pinned(self) -> Iterator[str]:
        """Of all problems that it pins."""
        for call in self.calls:
            if ast.unparse(call.func).endswith(("health.report", "board.report", "WrittenBehind")):
                for key in self.meant(call.args[0]):
                    yield from BY_HAND.get((self.path, key), [key])

    def meant(self, written: ast.expr) -> Iterator[str]:
        """All that an expression may stand for."""
        match written:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=parts):
                yield "".join(next(self.meant(part), A_NAME) for part in parts)
            case ast.FormattedValue(value=value):
                yield from self.meant(value)
            case ast.Call(func=ast.Name(id=name)):
                yield from (key for value in self._returned(name) for key in self.meant(value))
            case ast.Name() | ast.Attribute():
                name = ast.unparse(written)
                others = (value for value in self._values(name) if ast.unparse(value) != name)
                yield from (key for value in others for key in self.meant(value))

    def _values(self, name: str) -> Iterator[ast.expr]:
        """What is put under that name anywhere in the file, also as the first that a function is called with."""
        for node in self.nodes:
            match node:
                case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                    yield from (value for one, value in zip(names, values, strict=True) if ast.unparse(one) == name)
                case ast.Assign(targets=[target], value=value) if ast.unparse(target) == name:
                    yield value
                case ast.FunctionDef(name=function, args=ast.arguments(args=[_, ast.arg(arg=first), *_])):
                    if first == name:
                        yield from (call.args[0] for call in self.calls if ast.unparse(call.func) == f"self.{function}")

    def _returned(self, function: str) -> Iterator[ast.expr]:
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef) and node.name == function:
                yield from (one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value)


@cache
def pinned() -> dict[str, str]:
    """The keys of all problems that Doorstep knows, each with a file that pins it."""
    sources = [
        Source(path)
        for path in sorted(SRC.rglob("*.py"))
        if any(call in path.read_text() for call in (".report(", "WrittenBehind("))
    ]
    return {key: source.path for source in sources for key in source.pinned()}


def test_every_problem_that_is_pinned_has_a_rule_of_its_own() -> None:
    found = pinned()
    assert len(found) >= LEAST_FOUND, found
    assert {key: path for key, path in found.items() if rule_of(key) not in RULES} == {}


def test_no_rule_is_there_that_nobody_finds() -> None:
    assert set(RULES) == {rule_of(key) for key in pinned()}


def test_every_rule_that_is_told_has_words_of_its_own() -> None:
    told = {rule for rule, patience in RULES.items() if patience is not NEVER}
    assert set(TITLES) | {"disk"} == told


def test_a_rule_is_a_cameras_where_its_key_names_one() -> None:
    of_cameras = {rule_of(key) for key in pinned() if key.partition(":")[0] in OF_A_CAMERA}
    assert of_cameras == set(CAMERA_RULES)
    assert CAMERA in OF_A_CAMERA
