"""XML of strangers as a small tree: no document type, so no entities, and bounds on all.  Meaning: `messages`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from doorstep.core.errors import MediaInvalid

MOST_BYTES = 256 * 1024
_MOST_ELEMENTS = 8_000
_DEEPEST = 40
_MOST_ATTRIBUTES = 200


@dataclass(slots=True)
class Element:
    """One element by its local name, whatever its namespace: cameras are careless with those."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, name: str) -> Iterator["Element"]:
        """Every element of this name below, in the order of the document."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.all(name)

    def first(self, *path: str) -> "Element | None":
        """The first below of the first name, the first below that of the next, and so on."""
        found: Element | None = self
        for name in path:
            found = next(found.all(name), None) if found is not None else None
        return found

    def words(self, *path: str) -> str:
        """The text of that element without blanks around it, empty where there is none."""
        found = self.first(*path)
        return found.text.strip() if found is not None else ""


def parsed(document: bytes) -> Element:
    """The root.  Raises MediaInvalid for what is no XML, has a document type, or is too large or deep."""
    if len(document) > MOST_BYTES:
        msg = "its answer is too large"
        raise MediaInvalid(msg)
    tree = _Tree()
    try:
        tree.parser.Parse(document, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # an encoding that nobody knows is a LookupError
        msg = "its answer is no XML"
        raise MediaInvalid(msg) from error
    if tree.root is None:
        msg = "its answer is empty"
        raise MediaInvalid(msg)
    return tree.root


class _Tree:
    """Grows while expat reads; every bound is held at once, and not when all is read."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ProcessingInstructionHandler = self._refuse
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._say

    def _refuse(self, *_: object) -> None:
        msg = "its answer holds what no camera's needs"
        raise MediaInvalid(msg)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS or len(self._open) >= _DEEPEST or len(attributes) > _MOST_ATTRIBUTES:
            msg = "its answer is too large"
            raise MediaInvalid(msg)
        element = Element(_local(name), {_local(each): value for each, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _say(self, text: str) -> None:
        self._open[-1].text += text


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
