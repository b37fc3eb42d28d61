"""What a page may have a setting refer to: secrets that lie beside the file, and what the file refers to already.

Whoever borrowed the owner's page for a minute must not read this machine by it.  Other variables of the environment,
and files, are named in the file itself; no reference stands where its value would be shown, or goes to another machine.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from doorstep.config.document import Value
from doorstep.config.key_lines import KeyPath
from doorstep.config.without_secrets import is_secret, texts_in
from doorstep.core.settings_edit import SettingsChange, SettingsFault, SettingsPath

_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_END_OF_HOST = re.compile(r"[/?#]")
_PORT = re.compile(r":\d*$")
_FILE_ADDRESS = re.compile(r"\s*file:", re.IGNORECASE)
_PLACES = frozenset({("server", "data"), ("buffer", "directory")})
_TOKEN_FIRST = frozenset({"tgram"})
"""Of these a token stands where others have a host; none of their troubles names it."""

_ADDRESS, _SENT_THERE = ("detection", "endpoint"), (("detection", "token"), ("detection", "token_file"))
"""An address, and the secrets beside it that are shown to the machine there."""

_SECRET = "x"  # noqa: S105 - in place of any
_SHOWN = "may hold ${…} only in place of a secret; write the value itself"
_FOREIGN = "refers to {}, which was not given here; type the secret itself, or write this into the config file"
_ELSEWHERE = "Type the password again: the address leads to another machine now."
_PLACE = "names a place of this machine, which only the config file itself does (or --data, where Doorstep is started)"
_FILE = "names a file, which only the config file itself does; type the secret itself"


def names_in(tables: Value) -> set[str]:
    """The variables that any text of these tables refers to."""
    return {name for _, text in texts_in(tables, ()) for name in _REFERENCE.findall(text)}


def refused_references(
    change: SettingsChange, before: Mapping[SettingsPath, str], known: Collection[str], typed: Collection[str]
) -> Iterator[SettingsFault]:
    """Faults of a change; `before` are the file's texts by their place, of which each may stay as it is.

    `known` are the names that may be referred to, `typed` those whose secrets come with this change.  Any other goes
    to no machine but those that the file sends it to already.
    """
    sent = {one for text in before.values() for one in _sent(text)}
    for place, text in texts_in(change.value, change.path):
        if before.get(place) == text:
            continue
        if str(place[-1]).endswith("_file"):
            yield SettingsFault(place, _FILE)
        elif place in _PLACES or _FILE_ADDRESS.match(text):
            yield SettingsFault(place, _PLACE)
        elif names := _REFERENCE.findall(text):
            if not _is_hidden(place, text):
                yield SettingsFault(place, _SHOWN)
            elif foreign := sorted(set(names).difference(known)):
                yield SettingsFault(place, _FOREIGN.format(foreign[0][:80]))
            elif any(one not in sent and one[0] not in typed for one in _sent(text)):
                yield SettingsFault(place, _ELSEWHERE)


def moved_with_its_secret(
    before: Mapping[SettingsPath, str], after: Mapping[SettingsPath, str], typed: frozenset[str]
) -> Iterator[SettingsFault]:
    """Faults of texts by their place, before and after: an address in another machine that would get to know a secret
    which nobody typed.
    """
    if _machine(before.get(_ADDRESS, "")) in {_machine(after.get(_ADDRESS, "")), ""}:
        return
    kept = [after[place] for place in _SENT_THERE if place in after and after[place] == before.get(place)]
    if any(text and not typed.intersection(_REFERENCE.findall(text)) for text in kept):
        yield SettingsFault(_ADDRESS, _ELSEWHERE)


def _is_hidden(place: KeyPath, text: str) -> bool:
    """Whether what the reference stands for is shown nowhere: of an address scheme and host are, in every trouble."""
    if not is_secret(place, _SECRET):
        return False
    scheme, is_address, rest = text.partition("://")
    if not is_address:
        return True
    host = "" if scheme in _TOKEN_FIRST else _host_and_port(rest)
    return is_secret(place, _REFERENCE.sub(_SECRET, text)) and "${" not in scheme + host


def _sent(text: str) -> Iterator[tuple[str, str]]:
    """The variables of an address, each with the machine (or the service) that gets to know it."""
    scheme, is_address, _ = text.partition("://")
    if is_address:
        machine = scheme.lower() if scheme in _TOKEN_FIRST else _machine(text)
        yield from ((name, machine) for name in _REFERENCE.findall(text))


def _machine(address: str) -> str:
    """Empty without an address."""
    return _PORT.sub("", _host_and_port(address.partition("://")[2])).lower()


def _host_and_port(rest: str) -> str:
    return _END_OF_HOST.split(rest, maxsplit=1)[0].rpartition("@")[2]
