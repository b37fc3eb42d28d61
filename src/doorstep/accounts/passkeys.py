"""Passkeys (WebAuthn Level 3): made by who is signed in, and signing in with them.  Cookies and pages are `web`'s."""

import json
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

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

from doorstep.accounts.challenges import LASTS_SECONDS, Challenges
from doorstep.accounts.grants import Grants, label
from doorstep.accounts.secret import new_id
from doorstep.accounts.sign_in_delays import SignInDelays
from doorstep.core.access import Account, Grant, SignInWay
from doorstep.core.errors import AccessDenied
from doorstep.core.passkey import MOST_EACH, Passkey, PasskeyPlace
from doorstep.ports import AccountRecords, Clock

_TRANSPORTS = frozenset(transport.value for transport in AuthenticatorTransport)
_OPENS_NOTHING = "This passkey opens nothing here. Sign in with your password, then add it again."
_NOT_MADE = "The passkey could not be made. Try again."
_SIGN_IN, _HANDLE = "sign in", "handle"

_MALFORMED = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError, CBORError)
"""What the library raises besides its own for JSON and CBOR of the wrong shape."""

Json = dict[str, Any]
"""Any: what browsers exchange, as WebAuthn describes it."""


class Passkeys:
    """Thread-safe.  Every method blocks, and raises CatalogUnavailable when the rows do."""

    def __init__(self, records: AccountRecords, grants: Grants, clock: Clock, delays: SignInDelays) -> None:
        self._records = records
        self._grants = grants
        self._clock = clock
        self._delays = delays
        self._challenges = Challenges(clock)
        self._writing = Lock()

    def of_person(self, person: str) -> Sequence[Passkey]:
        """Oldest first."""
        return [passkey for passkey in self._records.passkeys() if passkey.person == person]

    def ask_to_make(self, session: Grant, place: PasskeyPlace) -> tuple[str, Json]:
        """A ticket for the browser to keep, and what it asks its device.  Raises AccessDenied beyond MOST_EACH."""
        person = session.account or ""
        own = self.of_person(person)
        if len(own) >= MOST_EACH:
            msg = f"You have {MOST_EACH} passkeys. Remove one first."
            raise AccessDenied(msg)
        ticket = self._challenges.ticket()
        options = generate_registration_options(
            rp_id=place.host,
            rp_name="Doorstep",
            user_name=person,
            user_id=base64url_to_bytes(self._handle(own, ticket)),
            challenge=self._challenges.challenge(ticket, _making(session)),
            timeout=int(LASTS_SECONDS * 1000),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=[_described(passkey) for passkey in own if passkey.host == place.host],
        )
        return ticket, json.loads(options_to_json(options))

    def make(self, session: Grant, place: PasskeyPlace, ticket: str, credential: Json, name: str) -> Passkey:
        """Keep what the device made.  Raises AccessDenied, alike for whatever is wrong with it."""
        if not self._challenges.is_open(ticket):
            raise AccessDenied(_NOT_MADE)
        try:
            made = verify_registration_response(
                credential=credential,
                expected_challenge=self._challenges.challenge(ticket, _making(session)),
                expected_rp_id=place.host,
                expected_origin=place.origin,
            )
        except (WebAuthnException, *_MALFORMED) as error:
            raise AccessDenied(_NOT_MADE) from error
        if not self._challenges.use(ticket):
            raise AccessDenied(_NOT_MADE)
        person, now = session.account or "", self._clock.now()
        with self._writing:
            every = self._records.passkeys()
            own, credential_id = [one for one in every if one.person == person], bytes_to_base64url(made.credential_id)
            if len(own) >= MOST_EACH or any(one.credential_id == credential_id for one in every):
                raise AccessDenied(_NOT_MADE)
            passkey = Passkey(
                id=new_id(),
                credential_id=credential_id,
                person=person,
                handle=self._handle(own, ticket),
                host=place.host,
                public_key=bytes_to_base64url(made.credential_public_key),
                sign_count=made.sign_count,
                transports=_transports(credential),
                name=label(name) or "Passkey",
                created_at=now,
            )
            self._records.save_passkey(passkey)
        return passkey

    def ask_to_sign_in(self, place: PasskeyPlace) -> tuple[str, Json]:
        """A ticket, and what the browser asks its device: for any passkey of this address, so nobody is named."""
        ticket = self._challenges.ticket()
        options = generate_authentication_options(
            rp_id=place.host,
            challenge=self._challenges.challenge(ticket, _SIGN_IN),
            timeout=int(LASTS_SECONDS * 1000),
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return ticket, json.loads(options_to_json(options))

    def sign_in(self, place: PasskeyPlace, ticket: str, credential: Json, address: str, agent: str) -> str:
        """A session's secret.  Raises AccessDenied, alike for a passkey that is unknown, removed, copied or foreign."""
        self._delays.begin(None, address)
        account = self._account_of(place, ticket, credential)
        self._delays.succeeded(None, address)
        self._grants.forget_expired()
        return self._grants.begin(account, SignInWay.PASSKEY, address, agent)

    def rename(self, person: str, passkey_id: str, name: str) -> bool:
        """Whether that person has such a one."""
        with self._writing:
            passkey = self._own(person, passkey_id)
            if passkey is not None:
                self._records.save_passkey(replace(passkey, name=label(name) or passkey.name))
            return passkey is not None

    def remove(self, person: str, passkey_id: str) -> Passkey | None:
        """It opens nothing from now on; None where that person has no such one."""
        with self._writing:
            passkey = self._own(person, passkey_id)
            return passkey if passkey is not None and self._records.remove_passkey(passkey_id) else None

    # ------------------------------------------------------------------------------------------------------------------

    def _handle(self, own: Sequence[Passkey], ticket: str) -> str:
        """That of the person's others, else 32 bytes nobody knows beforehand: no name, for devices show it (5.4.3)."""
        return own[0].handle if own else bytes_to_base64url(self._challenges.challenge(ticket, _HANDLE))

    def _account_of(self, place: PasskeyPlace, ticket: str, credential: Json) -> Account:
        with self._writing:  # the counter is compared and written at once: of two with one signature one gets in
            passkey = self._known(place, credential)
            account = self._records.account(passkey.person) if passkey is not None else None
            if passkey is None or account is None or not self._challenges.is_open(ticket):
                raise AccessDenied(_OPENS_NOTHING)
            try:
                signed = verify_authentication_response(
                    credential=credential,
                    expected_challenge=self._challenges.challenge(ticket, _SIGN_IN),
                    expected_rp_id=place.host,
                    expected_origin=place.origin,
                    credential_public_key=base64url_to_bytes(passkey.public_key),
                    credential_current_sign_count=passkey.sign_count,
                )
            except (WebAuthnException, *_MALFORMED) as error:
                raise AccessDenied(_OPENS_NOTHING) from error
            if not self._challenges.use(ticket):
                raise AccessDenied(_OPENS_NOTHING)
            self._records.save_passkey(
                replace(passkey, sign_count=signed.new_sign_count, last_used_at=self._clock.now())
            )
        return account

    def _known(self, place: PasskeyPlace, credential: Json) -> Passkey | None:
        """By its own name, and by the handle that the device kept of its person (WebAuthn Level 3, 7.2, step 6)."""
        named, response = credential.get("id"), credential.get("response")
        handle = response.get("userHandle") if isinstance(response, dict) else None
        passkey = next((one for one in self._records.passkeys() if one.credential_id == named), None)
        if passkey is None or passkey.host != place.host:
            return None
        return passkey if handle is None or handle == passkey.handle else None

    def _own(self, person: str, passkey_id: str) -> Passkey | None:
        return next((one for one in self.of_person(person) if one.id == passkey_id), None)


def _making(session: Grant) -> str:
    return f"make {session.id}"


def _described(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(
        id=base64url_to_bytes(passkey.credential_id),
        transports=[AuthenticatorTransport(name) for name in passkey.transports],
    )


def _transports(credential: Json) -> tuple[str, ...]:
    response = credential.get("response")
    named = response.get("transports") if isinstance(response, dict) else None
    return tuple(sorted(_TRANSPORTS.intersection(map(str, named)))) if isinstance(named, list) else ()
