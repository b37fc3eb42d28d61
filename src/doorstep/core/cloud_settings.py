"""What the owner has chosen of what lies outside the house: bucket, identities, caps, and where the catalog is."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from doorstep.core.paid_call import Payee

SEAL_KEY_BYTES = 32
NO_CAPS: Mapping[Payee, float] = MappingProxyType({})

_USUAL_PORTS: Mapping[str, tuple[str, ...]] = MappingProxyType({"http": (":80",), "https": (":443",)})
_EITHER_PORT = (":443", ":80")
"""Where no scheme was written."""

_AMAZONS_OWN = re.compile(
    r"s3(?:-fips)?(?:\.dualstack)?(?:[.-][a-z]{2,4}(?:-[a-z]+)+-\d+)?\.amazonaws\.(?:com(?:\.cn)?|eu)"
)


def seal_key_of(written: bytes) -> bytes:
    """The key out of what its file holds: SEAL_KEY_BYTES in base64.  Raises ValueError that says what it is instead."""
    try:
        key = base64.b64decode(written.strip(), validate=True)
    except binascii.Error as error:
        msg = "cannot be read as base64"
        raise ValueError(msg) from error
    if len(key) != SEAL_KEY_BYTES:
        msg = f"holds {len(key)} bytes, not {SEAL_KEY_BYTES}"
        raise ValueError(msg)
    return key


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An identity of an S3-compatible service; both empty: wherever the library finds one on this machine."""

    key_id: str = ""
    secret: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        """Whether it is named here."""
        return bool(self.key_id)


@dataclass(frozen=True, slots=True)
class S3Settings:
    """A bucket and how objects lie in it.

    `endpoint` is empty for Amazon's own; `encryption` is what the server does ("AES256", "aws:kms" or "none"), with
    `kms_key` or its own.  `seal_key` has SEAL_KEY_BYTES, or is empty: with it objects are sealed before they leave, and
    only whoever has it can open them.  `max_kbit` bounds all sending together, in thousands of bits a second, 0 for no
    bound.  With `direct_links` browsers are sent to the bucket to play.  With `sweeps` Doorstep deletes what is too old
    there, where the bucket has no lifecycle.
    """

    bucket: str
    prefix: str = "doorstep"
    endpoint: str = ""
    region: str = ""
    storage_class: str = "STANDARD"
    encryption: str = "AES256"
    kms_key: str = ""
    seal_key: bytes = field(default=b"", repr=False)
    max_kbit: float = 0.0
    direct_links: bool = True
    sweeps: bool = False
    recorder: AccessKey = AccessKey()
    viewer: AccessKey = AccessKey()

    @property
    def place(self) -> str:
        """Where copies lie, for rows and people.

        One place, however its server is written: with and without TLS, with and without the usual port, and Amazon's
        by itself or by one of its hosts.
        """
        return f"{_server_of(self.endpoint) or 's3:/'}/{self.bucket}/{self.prefix}"


def _server_of(endpoint: str) -> str:
    """Host, port unless it is the usual one, and path; empty for Amazon's own.  A path's case matters, a host's not."""
    scheme, _, written = endpoint.rpartition("://")
    host, slash, path = written.partition("/")
    host = host.lower()
    for port in _USUAL_PORTS.get(scheme.lower(), _EITHER_PORT):
        host = host.removesuffix(port)
    server = f"{host}{slash}{path}".rstrip("/")
    return "" if _AMAZONS_OWN.fullmatch(server) else server


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """The identity for what is not S3, where motion from the cloud waits, and what a month may cost.

    `motion_queue` is empty without one; `motion_secret` is what motion from the cloud is signed with.
    `monthly_caps_usd` holds what has a cap.
    """

    region: str = ""
    recorder: AccessKey = AccessKey()
    viewer: AccessKey = AccessKey()
    motion_queue: str = ""
    motion_secret: str = field(default="", repr=False)
    monthly_caps_usd: Mapping[Payee, float] = field(default_factory=lambda: NO_CAPS)


@dataclass(frozen=True, slots=True)
class CatalogSettings:
    """Where the catalog is: `url` empty for a file in the data folder.

    `site` is this box's name among several on one catalog; the sites of `shared_with` may read its events.
    """

    url: str = field(default="", repr=False)
    site: str = "home"
    shared_with: tuple[str, ...] = ()
