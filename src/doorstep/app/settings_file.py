"""The file that holds the settings, as the page may read and change it.  What may stand in it: `config`."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from doorstep.config.document import parse, read_text
from doorstep.config.key_lines import KeyPath
from doorstep.config.masking import difference, filled_in, masked
from doorstep.config.planned import Outside, Planned, in_words, judged_text, named_path, planned
from doorstep.config.secrets_file import RIGHTS, read_secrets, secrets_beside, secrets_text
from doorstep.config.versions import KeptVersions, State, version_of
from doorstep.config.whole_file import why_not_writable, write_whole
from doorstep.core.errors import ConfigInvalid
from doorstep.core.settings import Settings
from doorstep.core.settings_edit import (
    AnyChange,
    Changed,
    DiffLine,
    KeptVersion,
    LineKind,
    SettingsChanged,
    SettingsPreview,
    SettingsRefused,
    SettingsUnwritable,
    SettingsView,
)
from doorstep.ports import Clock

log = structlog.get_logger()

FOUND, BY_HAND = "as it was found", "edited outside of Doorstep"
VERSIONS_FOLDER = "config-versions"
NEW_FILE_RIGHTS = 0o600


@dataclass(frozen=True, slots=True)
class SettingsPlace:
    """Which file holds the settings, how it is read, and what wins over it.

    `read` blocks and raises ConfigInvalid; `text` is what holds while there is no file yet.
    """

    path: Path
    read: Callable[[], Settings]
    data: Path | None = None
    listen: str | None = None
    text: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    hears_signal: bool = True


class TomlSettings:
    """Implements `ports.SettingsFile`.  One for a server; from any thread."""

    def __init__(
        self, place: SettingsPlace, data: Path, clock: Clock, waits: Callable[[Settings], Sequence[str]]
    ) -> None:
        """`waits` names the tables of settings that a running server would not use before a restart."""
        self._place = place
        self._versions = KeptVersions(data / VERSIONS_FOLDER)
        self._clock = clock
        self._waits = waits
        self._lock = threading.Lock()

    def read(self) -> SettingsView:
        """As it may be shown; never raises."""
        with self._lock:
            try:
                text = self._text()
                secrets = read_secrets(secrets_beside(self._place.path))
                tables = parse(text, self._place.path.name, Path()).tables
            except ConfigInvalid as error:
                return self._unreadable(str(error))
            with suppress(SettingsUnwritable):
                self._notice(text)
            fault = "; ".join(
                f"{'.'.join(map(str, one.path))}: {one.what}"
                for one in judged_text(text, secrets, self._outside()).faults
            )
        why_not = why_not_writable(self._place.path)
        hidden: list[KeyPath] = []
        values = masked(filled_in(tables), (), hidden)
        cameras = values.pop("camera", [])
        return SettingsView(
            version=version_of(text),
            path=str(self._place.path),
            writable=not why_not,
            why_not=why_not,
            fault=fault,
            values=values,
            cameras=[one for one in cameras if isinstance(one, dict)] if isinstance(cameras, list) else [],
            secrets=[named_path(tables, path) for path in hidden],
            secret_names=sorted(secrets),
        )

    def preview(self, version: str, changes: Sequence[AnyChange]) -> SettingsPreview:
        """Nothing is written.  Raises SettingsChanged, SettingsUnwritable."""
        with self._lock:
            before = self._expected(version)
            outside = self._outside()
            return self._shown(before, planned(before, changes, outside), outside)

    def preview_restore(self, version: str, version_id: str) -> SettingsPreview | None:
        """The same of going back; None where that version is not kept any more."""
        with self._lock:
            state = self._state(version_id)
            if state is None:
                return None
            before, outside = self._expected(version), self._outside()
            return self._shown(before, judged_text(state.text, outside.secrets, outside), outside)

    def change(self, version: str, changes: Sequence[AnyChange], who: str) -> Changed:
        """Write it.  Raises SettingsChanged, SettingsRefused, SettingsUnwritable: then nothing was written."""
        with self._lock:
            before = self._expected(version)
            what = in_words(changes, parse(before, self._place.path.name, Path()).tables)
            return self._write(before, planned(before, changes, self._outside()), who, what)

    def restore(self, version: str, version_id: str, who: str) -> Changed | None:
        """Write what held before; None where that is not kept any more.  Raises as `change`."""
        with self._lock:
            state = self._state(version_id)
            if state is None:
                return None
            before, outside = self._expected(version), self._outside()
            what = f"back to the settings of {state.at:%Y-%m-%d %H:%M} UTC"
            return self._write(before, judged_text(state.text, outside.secrets, outside), who, what)

    def versions(self) -> Sequence[KeptVersion]:
        """Newest first, also one that was written by hand meanwhile."""
        with self._lock:
            current = ""
            with suppress(ConfigInvalid, SettingsUnwritable):
                current = self._text()
                self._notice(current)
            states = self._versions.all()
            return [
                KeptVersion(state.id, state.at, state.who, state.what, number == 0 and state.text == current)
                for number, state in enumerate(states)
            ]

    def _text(self) -> str:
        """Raises ConfigInvalid."""
        return read_text(self._place.path) if self._place.path.exists() else self._place.text

    def _outside(self) -> Outside:
        """Raises ConfigInvalid where the secrets cannot be read."""
        place = self._place
        return Outside(
            place.path, place.environment, read_secrets(secrets_beside(place.path)), place.data, place.listen
        )

    def _expected(self, version: str) -> str:
        """The text that the page saw.  Raises SettingsChanged, SettingsUnwritable."""
        try:
            text = self._text()
            parse(text, self._place.path.name, Path())
            read_secrets(secrets_beside(self._place.path))
        except ConfigInvalid as error:
            msg = f"{error} Nothing was changed. Mend the file first."
            raise SettingsUnwritable(msg) from error
        with suppress(SettingsUnwritable):
            self._notice(text)
        if version_of(text) != version:
            newest = self._versions.newest()
            known = newest is not None and newest.text == text
            raise SettingsChanged(newest.who if newest and known else "", newest.at if newest and known else None)
        return text

    def _notice(self, text: str) -> None:
        """What somebody wrote into the file by hand becomes a version.  Raises SettingsUnwritable."""
        newest, path = self._versions.newest(), self._place.path
        if (newest is not None and newest.text == text) or not path.exists():
            return
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        self._versions.keep(text, at, "", FOUND if newest is None else BY_HAND)

    def _shown(self, before: str, plan: Planned, outside: Outside) -> SettingsPreview:
        lines = difference(before, plan.text)
        names = [name for name, value in plan.secrets.items() if outside.secrets.get(name) != value]
        lines += [DiffLine(LineKind.NEW, f'{secrets_beside(outside.path).name}: {name} = "•••"') for name in names]
        return SettingsPreview(lines, plan.faults, self._waits(plan.settings) if plan.settings else ())

    def _write(self, before: str, plan: Planned, who: str, what: str) -> Changed:
        if plan.settings is None:
            raise SettingsRefused(plan.faults)
        path, outside = self._place.path, self._outside()
        if not path.exists():  # so that one can go back to what held before the first change
            self._remember(before, "", FOUND)
        if words := why_not_writable(path):
            raise SettingsUnwritable(words)
        is_new_secret = plan.secrets != outside.secrets
        if is_new_secret:
            write_whole(secrets_beside(path), secrets_text(plan.secrets), RIGHTS)
        try:
            if plan.text != before or not path.exists():
                write_whole(path, plan.text, None if path.exists() else NEW_FILE_RIGHTS)
        except SettingsUnwritable:
            if is_new_secret:  # what the file refers to still holds
                with suppress(SettingsUnwritable):
                    write_whole(secrets_beside(path), secrets_text(outside.secrets), RIGHTS)
            raise
        self._remember(plan.text, who, what)
        return Changed(version_of(plan.text), what, self._waits(plan.settings))

    def _remember(self, text: str, who: str, what: str) -> None:
        newest = self._versions.newest()
        if newest is not None and newest.text == text:
            return
        try:
            self._versions.keep(text, self._clock.now(), who, what)
        except SettingsUnwritable as error:
            log.warning("this version of the settings was not kept", reason=str(error))

    def _state(self, version_id: str) -> State | None:
        return next((state for state in self._versions.all() if state.id == version_id), None)

    def _unreadable(self, words: str) -> SettingsView:
        why_not = f"{words} Nothing can be changed here before it is mended."
        return SettingsView("", str(self._place.path), False, why_not, words, {}, [], [], [])
