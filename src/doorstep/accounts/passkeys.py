"""Passkeys (WebAuthn Level 3): made by who is signed in, and signing in with them.  Cookies and pages are `web`'s."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from doorstep.accounts.challenges import Challenges
from doorstep.accounts.grants import Grants, label
from doorstep.accounts.secret import new_id
from doorstep.accounts.sign_in_delays import SignInDelays
from doorstep.core.access import Account, Grant, SignInWay
from doorstep.core.errors import AccessDenied
from doorstep.core.passkey import MOST_EACH, Json, Passkey, PasskeyPlace
from doorstep.ports import AccountRecords, Clock

_OPENS_NOTHING = "This passkey opens nothing here. Sign in with your password, then add it again."
_NOT_MADE = "The passkey could not be made. Try again."
_SIGN_IN, _HANDLE = "sign in", "handle"


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
        from doorstep.accounts.passkey_ceremony import wish_to_make  # noqa: PLC0415 - as its module says

        challenge = self._challenges.challenge(ticket, _making(session))
        others = [passkey for passkey in own if passkey.host == place.host]
        return ticket, wish_to_make(place, person, self._handle(own, ticket), challenge, others)

    def make(self, session: Grant, place: PasskeyPlace, ticket: str, credential: Json, name: str) -> Passkey:
        """Keep what the device made.  Raises AccessDenied, alike for whatever is wrong with it."""
        if not self._challenges.is_open(ticket):
            raise AccessDenied(_NOT_MADE)
        from doorstep.accounts.passkey_ceremony import made_passkey  # noqa: PLC0415 - as above

        try:
            made = made_passkey(place, self._challenges.challenge(ticket, _making(session)), credential)
        except ValueError as error:
            raise AccessDenied(_NOT_MADE) from error
        if not self._challenges.use(ticket):
            raise AccessDenied(_NOT_MADE)
        person, now = session.account or "", self._clock.now()
        with self._writing:
            every = self._records.passkeys()
            own = [one for one in every if one.person == person]
            if len(own) >= MOST_EACH or any(one.credential_id == made.credential_id for one in every):
                raise AccessDenied(_NOT_MADE)
            passkey = Passkey(
                id=new_id(),
                credential_id=made.credential_id,
                person=person,
                handle=self._handle(own, ticket),
                host=place.host,
                public_key=made.public_key,
                sign_count=made.sign_count,
                transports=made.transports,
                name=label(name) or "Passkey",
                created_at=now,
            )
            self._records.save_passkey(passkey)
        return passkey

    def ask_to_sign_in(self, place: PasskeyPlace) -> tuple[str, Json]:
        """A ticket, and what the browser asks its device: for any passkey of this address, so nobody is named."""
        from doorstep.accounts.passkey_ceremony import wish_to_sign_in  # noqa: PLC0415 - as above

        ticket = self._challenges.ticket()
        return ticket, wish_to_sign_in(place, self._challenges.challenge(ticket, _SIGN_IN))

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
        return own[0].handle if own else _as_text(self._challenges.challenge(ticket, _HANDLE))

    def _account_of(self, place: PasskeyPlace, ticket: str, credential: Json) -> Account:
        from doorstep.accounts.passkey_ceremony import signatures_after  # noqa: PLC0415 - as above

        with self._writing:  # the counter is compared and written at once: of two with one signature one gets in
            passkey = self._known(place, credential)
            account = self._records.account(passkey.person) if passkey is not None else None
            if passkey is None or account is None or not self._challenges.is_open(ticket):
                raise AccessDenied(_OPENS_NOTHING)
            try:
                challenge = self._challenges.challenge(ticket, _SIGN_IN)
                signatures = signatures_after(place, challenge, credential, passkey)
            except ValueError as error:
                raise AccessDenied(_OPENS_NOTHING) from error
            if not self._challenges.use(ticket):
                raise AccessDenied(_OPENS_NOTHING)
            self._records.save_passkey(replace(passkey, sign_count=signatures, last_used_at=self._clock.now()))
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


def _as_text(handle: bytes) -> str:
    """base64url without its padding, as WebAuthn writes bytes (RFC 4648, section 5)."""
    return urlsafe_b64encode(handle).rstrip(b"=").decode()
