"""What `doorstep check --report` tells of a machine, as text and as JSON, and what is never in it.

Who fills it takes only what may be shown to strangers (`app/report.py`); `PrivateWords` is the second net below that.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

Told = str | int | float | bool | tuple[str, ...] | None
"""A figure or words; several words are a line each; None is what could not be found out."""

LEFT_OUT = "(left out)"
TELLS_NOTHING = frozenset({"raspberrypi", "pi", "root", "debian", "doorstep", "localhost", "local", "admin", "user"})
"""Names of machines and users that so many have that they are nobody's."""

_SHORTEST = 2
_PATTERNS = (
    re.compile(r"[A-Za-z][\w+.-]*://\S+"),
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"),
    re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:])"),
    re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:)[0-9A-Fa-f:]{4,39}(?![\w:])"),
)
"""Addresses of all kinds: URL, mail, IPv4, MAC, IPv6."""

_HOME = re.compile(r"/(?:home/[^/\s]+|root)(?=[/\s]|$)[^\s,;]*")


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What it is, in constant words of ours, and what was found."""

    what: str
    told: Told


@dataclass(frozen=True, slots=True)
class ReportSection:
    """Some lines below one title."""

    title: str
    lines: tuple[ReportLine, ...]


@dataclass(frozen=True, slots=True)
class MachineReport:
    """The whole."""

    sections: tuple[ReportSection, ...]


@dataclass(frozen=True, slots=True)
class PrivateWords:
    """Names of this house that no text of the report may hold, whoever wrote it: a kernel, a camera, a program."""

    words: frozenset[str]

    @classmethod
    def of(cls, words: Iterable[str]) -> "PrivateWords":
        """Without those that tell nothing."""
        stripped = (word.strip() for word in words)
        return cls(frozenset(word for word in stripped if len(word) >= _SHORTEST and word.lower() not in TELLS_NOTHING))

    def taken_from(self, text: str) -> str:
        """The text without them, without addresses, and with folders of people as ~."""
        for word in sorted(self.words, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", LEFT_OUT, text, flags=re.IGNORECASE)
        for pattern in _PATTERNS:
            text = pattern.sub(LEFT_OUT, text)
        return _HOME.sub("~", text)


def without_private(report: MachineReport, private: PrivateWords) -> MachineReport:
    """What was found, not what we call it."""
    return MachineReport(
        tuple(
            replace(section, lines=tuple(replace(each, told=_cleaned(each.told, private)) for each in section.lines))
            for section in report.sections
        )
    )


def as_json(report: MachineReport) -> Mapping[str, Mapping[str, object]]:
    """For `json.dumps`: sections by title, lines by what they are."""
    return {
        section.title: {
            each.what: list(each.told) if isinstance(each.told, tuple) else each.told for each in section.lines
        }
        for section in report.sections
    }


def as_text(report: MachineReport) -> str:
    """For people: a title, its lines, an empty line."""
    return "\n\n".join("\n".join([section.title, *_spoken(section.lines)]) for section in report.sections) + "\n"


def _spoken(lines: Sequence[ReportLine]) -> Iterable[str]:
    for each in lines:
        match each.told:
            case tuple():
                yield f"  {each.what}:{'' if each.told else ' none'}"
                yield from (f"    {words}" for words in each.told)
            case bool():
                yield f"  {each.what}: {'yes' if each.told else 'no'}"
            case None:
                yield f"  {each.what}: not known"
            case float():
                yield f"  {each.what}: {each.told:g}"
            case _:
                yield f"  {each.what}: {each.told}"


def _cleaned(told: Told, private: PrivateWords) -> Told:
    match told:
        case str():
            return private.taken_from(told)
        case tuple():
            return tuple(private.taken_from(words) for words in told)
        case _:
            return told
