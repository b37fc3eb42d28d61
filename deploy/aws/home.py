"""What the owner chose for the cloud half of one home: checked here, used by the stack and by the scripts around it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NoReturn

ADDRESS = re.compile(r"[^@\s,<>\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
NAME = re.compile(r"[a-z][a-z0-9-]{0,19}(?<!-)")
PREFIX = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
BOX_URL = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._/-]*)?")
YES, NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0", ""})


class HomeInvalid(ValueError):
    """One plain sentence about what was chosen, for whoever deploys."""


@dataclass(frozen=True, slots=True)
class Home:
    """Valid by construction; raises HomeInvalid.  Several homes share an account by their names."""

    home: str = "home"
    bucket: str = ""
    """Empty: a name made of the home and the account."""
    prefix: str = "doorstep"
    keep_days: int = 30
    undelete_days: int = 30
    """How long a version that was deleted or replaced can still be brought back."""
    lock_days: int = 0
    """For so long nobody can delete a recording (S3 Object Lock, governance mode); 0: no lock."""
    detect: bool = True
    detect_memory_mb: int = 1769
    detect_at_once: int = 0
    """How many looks at a time; 0: as many as the account allows."""
    mail_from: str = ""
    """Empty: no mail from the cloud."""
    mail_identity: str = ""
    """What SES verified: the address itself, or its domain.  Empty: the address."""
    mail_to: str = ""
    link_seconds: int = 3600
    timezone: str = "UTC"
    address: str = ""
    """Where people reach the house; links in mails must lead there.  Empty: links of the house lead anywhere."""
    motion: bool = True
    box_url: str = ""
    """Where motion is sent; empty: into a queue that the box asks."""
    budget_usd: float = 0.0
    """Above so much in a month of the whole account a mail is sent; 0: none."""
    budget_to: str = ""

    def __post_init__(self) -> None:
        self._names()
        self._numbers()
        self._mail()
        for name, url in {"box_url": self.box_url, "address": self.address}.items():
            if url and not BOX_URL.fullmatch(url):
                _refuse(f"{name} must be an https address without a query, such as https://door.example.org.")

    @property
    def stack_name(self) -> str:
        """Unique in account and region, and what every made-up name begins with."""
        return f"doorstep-{self.home}"

    @property
    def viewer_parameter(self) -> str:
        """The SecureString with the viewer's keys."""
        return f"/doorstep/{self.home}/viewer"

    @property
    def motion_parameter(self) -> str:
        """The SecureString with what motion from the cloud is signed with, and the token that its senders show."""
        return f"/doorstep/{self.home}/motion"

    @property
    def sends_mail(self) -> bool:
        """Whether a clip is told of from the cloud."""
        return bool(self.mail_from)

    @property
    def identity(self) -> str:
        """What SES must have verified."""
        return self.mail_identity or self.mail_from

    @property
    def has_queue(self) -> bool:
        """Whether motion waits in a queue for the box."""
        return self.motion and not self.box_url

    def context(self) -> dict[str, str]:
        """As words for CDK; `home_of` reads them."""
        return {field.name: _word(getattr(self, field.name)) for field in fields(self)}

    def _names(self) -> None:
        if not NAME.fullmatch(self.home):
            _refuse("home must be 1 to 20 small letters, digits and hyphens, and begin with a letter.")
        if not PREFIX.fullmatch(self.prefix):
            _refuse("prefix must be words of letters, digits, - and _, with / between them.")
        if self.bucket and not BUCKET.fullmatch(self.bucket):
            _refuse("bucket must be 3 to 63 small letters, digits and hyphens.")

    def _numbers(self) -> None:
        bounds = {
            "keep_days": (1, 3650),
            "undelete_days": (1, 365),
            "lock_days": (0, 365),
            "detect_memory_mb": (512, 10240),
            "detect_at_once": (0, 100),
            "link_seconds": (60, 604_800),
            "budget_usd": (0, 1_000_000),
        }
        for name, (least, most) in bounds.items():
            if not least <= getattr(self, name) <= most:
                _refuse(f"{name} must be from {least} to {most}.")
        if self.lock_days > self.keep_days:
            _refuse("lock_days may not be more than keep_days: a locked recording cannot be deleted by its age.")

    def _mail(self) -> None:
        to = self.mail_to.split(",") if self.mail_to else []
        if not all(ADDRESS.fullmatch(each) for each in [*to, *filter(None, [self.mail_from, self.budget_to])]):
            _refuse("mail_from, mail_to and budget_to must be mail addresses; in mail_to with commas between them.")
        if bool(self.mail_from) != bool(to):
            _refuse("mail_from and mail_to go together: who mails, and who is told.")
        if self.mail_identity not in {"", self.mail_from, self.mail_from.rpartition("@")[2]}:
            _refuse("mail_identity must be mail_from itself or its domain.")
        if self.budget_usd and not self.budget_to:
            _refuse("budget_usd needs budget_to: who is told that it was reached.")


def home_of(words: Mapping[str, str]) -> Home:
    """Out of words by name; what is not named is as usual.  Raises HomeInvalid."""
    kinds = {field.name: type(field.default) for field in fields(Home)}
    unknown = sorted(set(words) - set(kinds))
    if unknown:
        _refuse(f"{unknown[0]} is not among what can be chosen: {', '.join(kinds)}.")
    return Home(**{name: _value(name, kinds[name], word) for name, word in words.items()})


def _value(name: str, kind: type, word: str) -> Any:  # noqa: ANN401 - of the kind that the field has
    word = str(word).strip()
    if kind is bool:
        if word.lower() not in YES | NO:
            _refuse(f"{name} is either true or false.")
        return word.lower() in YES
    try:
        return kind(word)
    except ValueError:
        _refuse(f"{name} must be a number.")


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refuse(sentence: str) -> NoReturn:
    raise HomeInvalid(sentence)
