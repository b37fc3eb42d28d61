"""Every expected error of Doorstep, named after what its caller can do about it.

    DoorstepError
    ├── ConfigInvalid         mend the config file (says file, line, key)
    ├── SourceError
    │   ├── SourceLost        connect again after a delay
    │   │   ├── SourceOverrun the same, and count: Doorstep was too slow for it
    │   │   └── SourceCrashed the same, and count: the video itself may have broken its reader
    │   ├── SourceRefused     wrong credentials or address: retry slowly, tell the owner
    │   │   └── CredentialsRefused the same: it is the user or the password, so never try others by yourself
    │   └── SourceEnded       a file is over: never restart
    ├── MediaInvalid          bytes from outside that are not what they claim to be
    ├── ModelInvalid          fetch another model, or mend its path
    ├── DetectorUnavailable   look again later; motion alone must serve
    ├── FetchFailed           a pinned download: try the next source, or later
    ├── StoreUnavailable      keep the bytes in the buffer, try again later
    │   ├── StoreFull         the same, and free some space
    │   └── StoreRefused      the same, slowly, and tell the owner: keys, rights or settings are wrong
    │       └── StoreForbidden the same: the keys are right, and lack a right
    ├── BlobMissing           the named bytes are not in the store
    ├── CatalogUnavailable    go on without the catalog, try again later
    │   └── CatalogAway       the same: its database cannot be reached, and may come by itself
    ├── SpanUnavailable       nothing was recorded in the span that was asked for
    ├── Overtaken             the same asker wishes for something newer, or too many wait: ask again
    ├── TooManyViewers        watch later, or close another viewer
    ├── WayImpossible         watch this camera another way: the message says why not this one
    ├── NotifierUnavailable   try the delivery again later
    ├── NotifierRefused       do not try again: the channel said no
    ├── ChimeUnavailable      ring another one, tell the owner
    ├── ButtonUnavailable     listen again later, tell the owner
    ├── ProbeRefused          try the camera later: another is being tried
    ├── RehearsalRefused      test the doorstep later, or mend what the message names
    ├── HubError
    │   ├── HubCodeInvalid    copy the pairing code again, whole, or get a new one
    │   ├── HubKeyInvalid     this is no key, or no name, that may stand in a key file
    │   ├── HubWordInvalid    the other end does not speak as a hub or a box does: end the connection
    │   ├── PairingRefused    get a new pairing code on the hub
    │   └── HubLost           connect again after a delay; `reason` says whether the owner must act
    └── AccessDenied          wrong name, password, token or link
        ├── TooManyTries      wait, then try again
        ├── ChangedMeanwhile  load anew, look, decide again
        ├── TimeOver          ask the owner: the time of a guest is over
        │   └── TimeUnknown   try again in a minute: whether it is over cannot be told yet
        └── LastOwner         make somebody else an owner first

An adapter maps its vendor's errors to these once, at its edge.  The message of each is one plain sentence for the
owner: what happened, and what to do.  It never contains a secret.
"""


class DoorstepError(Exception):
    """The root; catch a subclass, or this at an entry point."""


class ConfigInvalid(DoorstepError):
    """The config file cannot be used; the message names file, line, key and the nearest right key."""


class SourceError(DoorstepError):
    """A camera's stream is over, for one of three reasons."""


class SourceLost(SourceError):
    """The stream broke or never began; trying again may help."""


class SourceOverrun(SourceLost):
    """More came than Doorstep could take; the connection ended rather than lose a part of it silently."""


class SourceCrashed(SourceLost):
    """The process that reads this camera crashed, hung or broke its word; three within ten minutes are no accident."""


class SourceRefused(SourceError):
    """The camera said no (credentials, address, format); trying again soon will not help."""


class CredentialsRefused(SourceRefused):
    """The camera wants another user or password; it locks itself against who goes on trying."""


class SourceEnded(SourceError):
    """A file came to its end."""


class MediaInvalid(DoorstepError):
    """Bytes that are not the picture, video or box they claim to be."""


class ModelInvalid(DoorstepError):
    """A model file is missing, has the wrong hash, or belongs to no known family."""


class DetectorUnavailable(DoorstepError):
    """The detector did not answer this look."""


class FetchFailed(DoorstepError):
    """A pinned file could be had from none of its sources."""


class StoreUnavailable(DoorstepError):
    """The store did not take or give the bytes; what was not taken must be kept by the caller.

    `setting` is what is to be looked at ("endpoint", "region", "bucket" or "keys"; empty where it is none of them), and
    `happened` the words without what to do about it: for who calls his settings otherwise than the config does.
    """

    def __init__(self, words: str = "", *, setting: str = "", happened: str = "") -> None:
        super().__init__(words)
        self.setting = setting
        self.happened = happened


class StoreFull(StoreUnavailable):
    """No space is left."""


class StoreRefused(StoreUnavailable):
    """The store said no, and will until the owner acts: keys, rights, a bucket that is gone, a setting."""


class StoreForbidden(StoreRefused):
    """The keys may not do this with what they named."""


class BlobMissing(DoorstepError):
    """No blob has this key."""


class CatalogUnavailable(DoorstepError):
    """The catalog did not answer; the caller goes on without it."""


class CatalogAway(CatalogUnavailable):
    """Nobody answers where the catalog's database is, or it is not ready; that may change by itself."""


class SpanUnavailable(DoorstepError):
    """Nothing was recorded in the span that was asked for."""


class Overtaken(DoorstepError):
    """Not done: the same asker wished for something newer meanwhile, or too many wait."""


class TooManyViewers(DoorstepError):
    """As many watch as may at once; the message says of which kind."""


class WayImpossible(DoorstepError):
    """This camera's stream cannot be shown this way; the message says why, and another way may do."""


class ChimeUnavailable(DoorstepError):
    """It cannot sound now."""


class ButtonUnavailable(DoorstepError):
    """Nobody can hear whether it is pressed."""


class NotifierUnavailable(DoorstepError):
    """The channel did not take the alert this time; `wait` are the seconds that it asks for, 0 if it names none."""

    def __init__(self, words: str, wait: float = 0.0) -> None:
        super().__init__(words)
        self.wait = wait


class NotifierRefused(DoorstepError):
    """The channel will never take this alert."""


class ProbeRefused(DoorstepError):
    """No camera can be tried now."""


class RehearsalRefused(DoorstepError):
    """No test of the doorstep can begin now."""


class HubError(DoorstepError):
    """Something between this box and its hub."""


class HubCodeInvalid(HubError):
    """The pairing code cannot be read."""


class HubKeyInvalid(HubError):
    """What should be a key is none."""


class HubWordInvalid(HubError):
    """A line over the tunnel that is not of its format."""


class PairingRefused(HubError):
    """The hub does not pair with this code: it was used, is over, or the hub is full."""


class HubLost(HubError):
    """The way to the hub broke, or never began; `reason` is a HubReason of `hub_tunnel`."""

    def __init__(self, words: str, reason: str) -> None:
        super().__init__(words)
        self.reason = reason


class AccessDenied(DoorstepError):
    """The credentials do not open this; the message never says which part was wrong."""


class TooManyTries(AccessDenied):
    """`wait` are the seconds until the next try is looked at."""

    def __init__(self, words: str, wait: float) -> None:
        super().__init__(words)
        self.wait = wait


class TimeOver(AccessDenied):
    """The credentials were right; until when this person may come in is past, or cannot be told."""


class TimeUnknown(TimeOver):
    """Cannot be told: this box does not know the time yet."""


class ChangedMeanwhile(AccessDenied):
    """What somebody wanted to change is not as he saw it any more."""


class LastOwner(AccessDenied):
    """Nobody would be left who may do everything."""
