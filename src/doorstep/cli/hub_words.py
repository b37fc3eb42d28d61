"""What `doorstep hub` says: how a hub is set up, and how the way from outside is."""

from collections.abc import Mapping
from typing import Any

TO_JOIN = "doorstep hub join CODE"


def steps_words(host: str, file: str) -> str:
    """What to do for a hub at this host, with the program in this file."""
    return f"""\
The program of the hub is here: {file}

You need a machine of your own on the internet with Debian 12 or 13, to which the name {host} leads
(and *.{host}, if more boxes shall come later), and whose provider lets in these ports:
  TCP 22 (your SSH), 80, 443, 2222, 3478 and UDP 3478, 49160-49259

1. Bring the program there:   scp {file} USER@{host}:doorstep-hub
2. On that machine:           sudo python3 doorstep-hub init {host}
   It says what it does, and prints one pairing code, which is good for an hour.
3. Here:                      {TO_JOIN}
   Or paste it in Settings > From anywhere.

Steps 1 and 2 at once, over your own ssh:  doorstep hub init {host} --apply USER@{host}
"""


def joined_words(view: Mapping[str, Any]) -> str:
    """After joining by a running server, whose answer this is."""
    words = f"Joined. Your door is at {view['address']} as soon as the way is there: `doorstep hub status`."
    restart = "Restart Doorstep so that links begin with it: `sudo systemctl restart doorstep`, or on the page."
    return f"{words} {restart}" if view.get("needs_restart") else words


def left_words(box: str) -> str:
    """After leaving; the other end is told apart, for it may be out of reach."""
    there = (
        f" On the hub itself, `sudo doorstep-hub revoke {box}` takes away what it keeps of this house." if box else ""
    )
    return f"Left. Your door is reached at home only.{there}"


def status_words(view: Mapping[str, Any]) -> str:
    """A few lines of what GET /hub answers."""
    if not view["paired"]:
        return "No hub. `doorstep hub init HOST` says how to set one up."
    lines = [f"{view['address']}: {_STATES[view['state']]}", str(view["reason"])]
    if view["state"] == "up":
        lines += [_reached(view), _round_trip(view), _certificate(view), _traffic(view)]
    return "\n".join(line for line in lines if line)


_STATES = {
    "off": "not used (hub.enabled is off)",
    "connecting": "connecting",
    "up": "the way from outside is there",
    "down": "the way from outside is not there",
}


def _reached(view: Mapping[str, Any]) -> str:
    reached = view["reached"]
    if reached is None:
        return "Reached from outside: not known yet"
    return "Reached from outside: yes" if reached else f"Reached from outside: no. {view['reached_why']}".rstrip()


def _round_trip(view: Mapping[str, Any]) -> str:
    took = view["round_trip_ms"]
    return "" if took is None else f"Round trip: {took:.0f} ms"


def _certificate(view: Mapping[str, Any]) -> str:
    ends = view["certificate_ends_at"]
    return "" if ends is None else f"Certificate: good until {ends[:10]}"


def _traffic(view: Mapping[str, Any]) -> str:
    count = view["bytes_this_month"]
    return f"Through the hub this month: {_bytes(count)}" if count else ""  # it is counted once a minute


def _bytes(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
