"""What the web may do with the settings of a server: its file, the house that runs by it, and beginning anew."""

import asyncio
from functools import partial

from doorstep.app.reloading import Reloader
from doorstep.app.server_parts import ServerParts
from doorstep.app.settings_file import SettingsPlace, TomlSettings
from doorstep.config.reference import settings_keys
from doorstep.web.settings_parts import SettingsParts

ANSWERED_SECONDS = 0.5
"""So long the one who asked for a new beginning has to read that it comes."""

RESTART_SECONDS = 10.0
"""From the last picture of a run to the first of the next one; measured 3 s on a small machine, 8 s more may be needed
for a recording that a slow disk holds.
"""


def settings_parts(
    place: SettingsPlace | None,
    server: ServerParts,
    reloader: Reloader,
    asked: asyncio.Event,
    anew: asyncio.Event,
) -> SettingsParts:
    """`asked` has the reloader's task read the file, `anew` is set where this run shall end for another one."""
    if place is None:
        return SettingsParts()

    async def begin_anew() -> str:
        words = await reloader.why_not_begin()
        if not words:
            asyncio.get_running_loop().call_later(ANSWERED_SECONDS, anew.set)
        return words

    return SettingsParts(
        file=TomlSettings(place, server.shared.settings.server.data, server.shared.clock, reloader.waits),
        use=partial(reloader.reload_now, asked),
        waiting=lambda: reloader.waiting,
        begin_anew=begin_anew,
        restart_seconds=RESTART_SECONDS,
        known_keys=settings_keys,
        note=server.live.audit.note,
    )
