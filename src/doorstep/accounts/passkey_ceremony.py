"""What a device is asked to do with a passkey, and whether what it answers is right.  Whose it is: `passkeys`.

The library that knows holds 6 MiB, so this is imported where somebody makes a passkey or signs in with one.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from cbor2 import CBORError
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from doorstep.accounts.challenges import LASTS_SECONDS
from doorstep.core.passkey import Json, Passkey, PasskeyPlace

_TRANSPORTS = frozenset(transport.value for transport in AuthenticatorTransport)
_MALFORMED = (TypeError, AttributeError, LookupError, ArithmeticError, RecursionError, CBORError, WebAuthnException)
"""What the library raises besides ValueError, also for JSON and CBOR of the wrong shape."""


@dataclass(frozen=True, slots=True)
class MadePasskey:
    """What a device made; bytes as base64url."""

    credential_id: str
    public_key: str
    sign_count: int
    transports: tuple[str, ...]


def wish_to_make(place: PasskeyPlace, person: str, handle: str, challenge: bytes, others: Sequence[Passkey]) -> Json:
    """For the browser: a passkey that finds its person by itself, on a device that holds none of the `others`."""
    options = generate_registration_options(
        rp_id=place.host,
        rp_name="Doorstep",
        user_name=person,
        user_id=base64url_to_bytes(handle),
        challenge=challenge,
        timeout=int(LASTS_SECONDS * 1000),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[_described(passkey) for passkey in others],
    )
    return _json(options_to_json(options))


def made_passkey(place: PasskeyPlace, challenge: bytes, credential: Json) -> MadePasskey:
    """Raises ValueError for whatever is wrong with it."""
    with _one_error():
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
        )
    return MadePasskey(
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
        transports=_transports(credential),
    )


def wish_to_sign_in(place: PasskeyPlace, challenge: bytes) -> Json:
    """For the browser: any passkey of this address, so nobody is named."""
    options = generate_authentication_options(
        rp_id=place.host,
        challenge=challenge,
        timeout=int(LASTS_SECONDS * 1000),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return _json(options_to_json(options))


def signatures_after(place: PasskeyPlace, challenge: bytes, credential: Json, passkey: Passkey) -> int:
    """How many the passkey has made with this one, by its own count.  Raises ValueError, as above."""
    with _one_error():
        signed = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
        )
    return signed.new_sign_count


@contextmanager
def _one_error() -> Iterator[None]:
    try:
        yield
    except _MALFORMED as error:
        raise ValueError(str(error)) from error


def _json(text: str) -> Json:
    found: Json = json.loads(text)
    return found


def _described(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(
        id=base64url_to_bytes(passkey.credential_id),
        transports=[AuthenticatorTransport(name) for name in passkey.transports],
    )


def _transports(credential: Json) -> tuple[str, ...]:
    response = credential.get("response")
    named = response.get("transports") if isinstance(response, dict) else None
    return tuple(sorted(_TRANSPORTS.intersection(map(str, named)))) if isinstance(named, list) else ()
