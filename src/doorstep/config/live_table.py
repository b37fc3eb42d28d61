"""What the config file may say about live viewing, and what it means.  The other tables stand in `schema`."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from doorstep.config.address_rules import is_metadata_host
from doorstep.config.table import Table, Text, rule_broken
from doorstep.core.ice_server import TurnSettings
from doorstep.core.settings import LiveSettings

_HOST = r"([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
_STUN = re.compile(rf"stun:{_HOST}", re.ASCII)
_TURN = re.compile(rf"turns?:{_HOST}(?:\?transport=(?:udp|tcp))?", re.ASCII)
_PLAIN = re.compile(r"([!#-\[\]-~]{0,512})", re.ASCII)
_INTERFACE = re.compile(r"([0-9A-Za-z:._@-]{1,64})", re.ASCII)


def _stun(value: str) -> str:
    return _server(value, _STUN, 'must be a STUN server such as "stun:stun.example.org:3478"')


def _turn(value: str) -> str:
    return _server(value, _TURN, 'must be a TURN server such as "turn:turn.example.org:3478?transport=udp"')


def _server(value: str, form: re.Pattern[str], words: str) -> str:
    found = form.fullmatch(_checked(value, form, words))
    if found is not None and is_metadata_host(found[1].strip("[]")):
        msg = "is an address where clouds keep credentials"
        raise ValueError(msg)
    return value


def _checked(value: str, form: re.Pattern[str], words: str) -> str:
    if form.fullmatch(value) is None:
        raise ValueError(words)
    return value


def _plain(value: str) -> str:
    """It goes into a header, between quotes."""
    return _checked(value, _PLAIN, "must be of plain letters, digits and signs, without spaces, quotes and backslashes")


def _interface(value: str) -> str:
    return _checked(value, _INTERFACE, 'must be the name of a network interface, or an address such as "192.0.2.7"')


Plain = Annotated[str, AfterValidator(_plain)]
Interface = Annotated[str, AfterValidator(_interface)]


class Turn(Table):
    """A TURN server, with the secret that it shares with Doorstep or with one name and password for all."""

    url: Annotated[str, AfterValidator(_turn)] = Field(description="turn:HOST:PORT?transport=udp, or turns:...")
    secret: str = Field("", repr=False, max_length=512, description="Of coturn's use-auth-secret; passwords expire.")
    secret_file: Text | None = Field(None, description="A file that holds it, instead of `secret`.")
    username: Plain = Field("", description="A name that does not expire, instead of a secret.")
    password: Plain = Field("", repr=False, description="Its password; everybody who may watch can read it.")
    password_file: Text | None = Field(None, description="A file that holds it, instead of `password`.")

    @model_validator(mode="after")
    def _has_one_way_in(self) -> Self:
        if bool(self.secret) == bool(self.username):
            words = "is missing: a TURN server needs either a secret, or username and password"
            if self.secret:
                words = "does not go together with username; use one of them"
            raise rule_broken(words, "secret")
        if bool(self.username) != bool(self.password):
            words = "does not go without the other; a TURN server needs username and password"
            raise rule_broken(words, "password" if self.password else "username")
        return self


class Live(Table):
    """Live viewing."""

    webrtc: bool = Field(True, description="Whether WebRTC, the way with the least delay, is offered.")
    viewers: int = Field(128, ge=1, le=10_000, description="How many may watch at once.")
    webrtc_viewers: int = Field(16, ge=1, le=1000, description="How many of them by WebRTC, which costs the most.")
    interfaces: list[Interface] = Field(
        [], max_length=32, description="Network interfaces or own addresses that WebRTC may use; all, if none is named."
    )
    stun: list[Annotated[str, AfterValidator(_stun)]] = Field(
        [], max_length=4, description="STUN servers, which tell an outside address; none is asked unless named here."
    )
    turn: list[Turn] = Field([], max_length=4, description="TURN servers, through which viewers reach Doorstep.")


def live_settings(live: Live) -> LiveSettings:
    """The same for the rest of Doorstep."""
    return LiveSettings(
        webrtc=live.webrtc,
        viewers=live.viewers,
        webrtc_viewers=live.webrtc_viewers,
        interfaces=tuple(live.interfaces),
        stun=tuple(live.stun),
        turn=tuple(TurnSettings(one.url, one.secret, one.username, one.password) for one in live.turn),
    )
