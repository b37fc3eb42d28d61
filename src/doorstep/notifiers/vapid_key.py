"""The key by which push services recognise this house (VAPID, RFC 8292): made once, kept in a file of its own."""

import os
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from py_vapid.jwt import sign  # type: ignore[import-untyped]  # it has no types

from doorstep.core.errors import StoreUnavailable

VALID_FOR = timedelta(hours=12)  # RFC 8292, 2: at most a day


class VapidKey:
    """Thread-safe.  Browsers tie their subscription to it: with another key they all have to begin anew."""

    def __init__(self, key: EllipticCurvePrivateKey) -> None:
        self._key = key
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public = urlsafe_b64encode(point).rstrip(b"=").decode()

    def authorization(self, origin: str, contact: str, now: datetime) -> str:
        """The header that says who sends (RFC 8292, 3), to one push service.  `contact` is mailto: or https:."""
        claims = {"aud": origin, "exp": int((now + VALID_FOR).timestamp()), "sub": contact}
        return f"vapid t={sign(claims, self._key)},k={self.public}"


def vapid_key(path: Path) -> VapidKey:
    """The one of this file, which is made (0600, in a folder for our eyes) where there is none.  Blocks.

    Raises StoreUnavailable: it cannot be kept, or what lies there is no such key; nothing is overwritten.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _write_new(path, generate_private_key(SECP256R1()))
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        msg = f"The key for notifications, {path}, cannot be kept ({error.strerror}). Check the disk and its rights."
        raise StoreUnavailable(msg) from error
    except (ValueError, TypeError) as error:
        raise _unusable(path) from error
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise _unusable(path)
    return VapidKey(key)


def _write_new(path: Path, key: EllipticCurvePrivateKey) -> None:
    """Whole or not at all, also when the power fails."""
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    half = path.with_name(f".{path.name}.new")
    half.unlink(missing_ok=True)
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - a descriptor
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unusable(path: Path) -> StoreUnavailable:
    return StoreUnavailable(
        f"The key for notifications, {path}, is damaged. Bring it back from a backup, or delete it, restart Doorstep, "
        "and turn notifications on again on every device."
    )
