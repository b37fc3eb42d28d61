"""Joining a hub by the code that it printed: the box's new key goes there, by ssh and the code's one-time key."""

import asyncio
from datetime import datetime
from pathlib import Path

from doorstep.core.errors import HubLost, HubWordInvalid, PairingRefused, StoreUnavailable
from doorstep.core.hub_code import HubCode, code_is_over, read_code
from doorstep.core.hub_pairing import KeptPairing, Pairing, pair_request, read_pair_answer
from doorstep.core.hub_tunnel import HubReason, known_hosts_text, pairing_argv, reason_words
from doorstep.hub.hub_folder import HubFolder
from doorstep.hub.own_key import new_own_key, own_key_of
from doorstep.hub.ssh_process import ssh

ANSWER_SECONDS = 30.0
TRIES = 3
_LOST_ON_ITS_WAY = (HubReason.CLOSED, HubReason.SILENT)
_NOTHING_CHANGED = "Nothing was changed here."
_NEW_CODE = "Get a new code with `sudo doorstep-hub pair` on the hub."


async def join_hub(text: str, data: Path, now: datetime) -> KeptPairing:
    """Pair this data folder's box by a pairing code.  What was agreed before holds until this has worked.

    Raises HubCodeInvalid, PairingRefused, HubLost or StoreUnavailable, each in plain words.
    """
    code = read_code(text)
    folder = HubFolder(data)
    own, one_time = await asyncio.to_thread(new_own_key), own_key_of(code.seed)
    hosts = known_hosts_text(code.hub, code.ssh_port, code.host_key)
    place = await asyncio.to_thread(folder.prepare, one_time.file, hosts)
    try:
        pairing = await _agreed(code, place, own.public, now)
    except BaseException:
        folder.give_up()
        raise
    kept = KeptPairing(pairing, int(now.timestamp()))
    await _kept(folder, kept, own.file)
    return kept


async def _agreed(code: HubCode, place: Path, key: bytes, now: datetime) -> Pairing:
    """The hub takes the same key twice with one code, so an answer that was lost on its way is asked for again."""
    reason = HubReason.UNKNOWN
    for _ in range(TRIES):
        line, reason = await _asked(code, place, key)
        if line:
            return _answer(line, code)
        if reason is HubReason.REVOKED:
            raise PairingRefused(_refusal(code, now))
        if reason not in _LOST_ON_ITS_WAY:
            break
    raise _lost(reason, code)


async def _asked(code: HubCode, place: Path, key: bytes) -> tuple[bytes, HubReason]:
    """The hub's line, or nothing and why."""
    try:
        async with (
            asyncio.timeout(ANSWER_SECONDS),
            ssh(pairing_argv(code.hub, code.ssh_port), place, code.hub) as asking,
        ):
            asking.write(pair_request(key))
            line = await asking.read_line()
            return line, HubReason.UNKNOWN if line else await asking.reason()
    except TimeoutError:
        return b"", HubReason.TIMED_OUT
    except HubLost as lost:
        return b"", HubReason(lost.reason)


def _answer(line: bytes, code: HubCode) -> Pairing:
    try:
        pairing = read_pair_answer(line)
    except HubWordInvalid as error:
        msg = f"{error} {_NOTHING_CHANGED}"
        raise PairingRefused(msg) from error
    if (pairing.hub, pairing.ssh_port) != (code.hub, code.ssh_port):
        msg = f"The hub {code.hub} calls itself {pairing.hub}. {_NOTHING_CHANGED} {_NEW_CODE}"
        raise PairingRefused(msg)
    return pairing


async def _kept(folder: HubFolder, kept: KeptPairing, key: bytes) -> None:
    try:
        await asyncio.to_thread(folder.keep, kept, key)
    except StoreUnavailable as error:
        folder.give_up()
        msg = f"{error} The hub took this box, but that could not be kept here, so the code is used up. {_NEW_CODE}"
        raise type(error)(msg) from error


def _refusal(code: HubCode, now: datetime) -> str:
    """The hub does not know the code's key any more."""
    over = code_is_over(code, now.timestamp())
    why = (
        "it was valid for an hour and is over"
        if over
        else "it was used already, a newer one took its place, or it is over by the hub's clock"
    )
    return f"The hub {code.hub} does not take this pairing code: {why}. {_NOTHING_CHANGED} {_NEW_CODE}"


def _lost(reason: HubReason, code: HubCode) -> HubLost:
    words = reason_words(reason, code.hub)
    return HubLost(f"{words} {_NOTHING_CHANGED} The code stays good until it is over: try again.", reason)
