"""How people are told, and what sounds at home: what the owner has chosen, checked and complete.

Where a channel's `preferences` are None, those of its person, else of the house, hold.
"""

from dataclasses import dataclass, field
from pathlib import Path

from doorstep.core.alert_preferences import AlertPreferences
from doorstep.core.camera import CameraId
from doorstep.core.recipient import Turn


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """The mail server as an address (it may hold a password), the sender, the receivers.

    With `ses_region` mail goes by Amazon SES there, and `smtp` is empty.
    """

    smtp: str = field(repr=False)
    sender: str
    to: tuple[str, ...]
    ses_region: str = ""
    person: str | None = None
    preferences: AlertPreferences | None = None
    turn: Turn = Turn.FIRST
    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class PushSettings:
    """Web Push.  `contact` is who push services may write to; `services` are own ones, besides those of the browsers.

    `services` are the beginnings of addresses, such as "https://push.example.org/".
    """

    contact: str = ""
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AppriseSettings:
    """One address of any service that Apprise knows; it holds secrets."""

    name: str
    url: str = field(repr=False)
    person: str | None = None
    preferences: AlertPreferences | None = None
    turn: Turn = Turn.FIRST
    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """An address that gets each alert as JSON, signed with `secret`; with its `picture` where that is wanted."""

    name: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    picture: bool = False
    person: str | None = None
    preferences: AlertPreferences | None = None
    turn: Turn = Turn.FIRST
    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """A broker: mqtt:// or mqtts://, with user and password; topics begin with `prefix`.

    `discovery` is where Home Assistant looks for devices, empty for nowhere.  `ca` is the file of the authority that
    signed the broker's certificate, None for the machine's.  `pictures` says whether the last snapshot of each camera
    lies there, `chime` whether a press is told on a topic of its own, before there is an event.
    """

    url: str = field(repr=False)
    prefix: str = "doorstep"
    discovery: str = "homeassistant"
    ca: Path | None = None
    pictures: bool = True
    chime: bool = False


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """All channels to people."""

    email: EmailSettings | None = None
    push: PushSettings = PushSettings()
    apprise: tuple[AppriseSettings, ...] = ()
    webhooks: tuple[WebhookSettings, ...] = ()
    mqtt: MqttSettings | None = None


@dataclass(frozen=True, slots=True)
class ButtonSettings:
    """A doorbell button on a pin (BCM number) of a Raspberry Pi; `camera` is whose door it is at.

    It closes to ground where it `pulls_up`; `debounce` is in seconds.
    """

    camera: CameraId
    pin: int
    pulls_up: bool = True
    debounce: float = 0.05


@dataclass(frozen=True, slots=True)
class ChimeSettings:
    """What sounds at home when somebody presses: a sound of this machine, a pin that closes, both or neither.

    `sound` None means Doorstep's own; `device` is ALSA's name, empty for the default; `pin_seconds` is how long the
    pin stays closed.
    """

    sound_on: bool = False
    sound: Path | None = None
    device: str = ""
    pin: int | None = None
    pin_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """Who watches the watcher: an address that is asked every `ping_every` seconds while all is well, if there is one.

    `test_at` is when the doorstep is tested each night, as minutes since midnight by the owner's clock; None never.
    """

    ping: str = field(default="", repr=False)
    ping_every: float = 60.0
    test_at: int | None = None
    test_camera: CameraId | None = None
