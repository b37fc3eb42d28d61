"""What the secrets of sessions and tokens open, now.  What begins sessions (passwords, passkeys, codes) lies beside."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from doorstep.accounts.remembered_records import RememberedRecords
from doorstep.accounts.secret import hash_of, new_id, new_secret
from doorstep.core.access import SCOPES_OF_ROLE, Account, Grant, SignInWay
from doorstep.core.errors import AccessDenied, TimeOver, TimeUnknown
from doorstep.ports import Clock

SESSION_LASTS = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=30)
"""So seldom it is written that a session was used: that must not wear out an SD card."""

MOST_SESSIONS = 50
"""Of one person; beyond that the one goes that was used longest ago."""

_LONGEST_LABEL = 200
OVER = "Your time here is over. Ask the owner of this Doorstep."
UNDATED = "This box does not know the time yet, so nobody whose time is limited gets in. Try again in a minute."


class Grants:
    """Thread-safe.  Every method raises CatalogUnavailable when the rows do.

    `of_secret` and `of_id` answer from memory; how soon what others change in the rows counts there,
    `remembered_records` says.
    """

    def __init__(self, records: RememberedRecords, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._seen: dict[str, float] = {}
        self.is_clock_set: Callable[[], bool] = lambda: True
        """Whether times can be believed.  While not, who may come in until some time does not: it may be past."""
        self.on_revoked: Callable[[], None] = lambda: None
        """Called from any thread when a session or token may be over before its time."""

    def begin(self, account: Account, how: SignInWay, address: str, agent: str) -> str:
        """A new session's secret.  Raises TimeOver.

        `address` is where the person comes from, `agent` what they use, to be recognised in a list.
        """
        self.check_time(account)
        for over in self.sessions(account.name)[MOST_SESSIONS - 1 :]:
            self.revoke(over.id)
        secret, now = new_secret(), self._clock.now()
        self._records.save_grant(
            Grant(
                id=new_id(),
                secret_hash=hash_of(secret),
                name=label(agent) or "Unknown device",
                account=account.name,
                scopes=SCOPES_OF_ROLE[account.role],
                cameras=account.cameras,
                created_at=now,
                expires_at=now + SESSION_LASTS,
                how=how,
                address=label(address),
                last_seen_at=now,
            )
        )
        return secret

    def check_time(self, account: Account) -> None:
        """Raises TimeOver where his time is over, TimeUnknown where that cannot be told."""
        if account.is_over(self._clock.now()):
            raise TimeOver(OVER)
        if not self.may_come(account):
            raise TimeUnknown(UNDATED)

    def may_come(self, account: Account) -> bool:
        """Whether his time is not over, as far as that is known for sure."""
        return account.until is None or (self.is_clock_set() and not account.is_over(self._clock.now()))

    def of_secret(self, secret: str) -> Grant | None:
        """What a session's or token's secret allows, None if it allows nothing (any more).

        A session may what its account may now, not what it could when it began; without the account it is over.
        """
        grant = self._opened(self._records.recall(hash_of(secret)))
        if grant is not None and grant.account is not None:
            self._seen[grant.id] = self._clock.monotonic()
        return grant

    def of_id(self, grant_id: str) -> Grant | None:
        """The same of a session's or token's id.  Knowing it opens nothing: it says how long something else lasts."""
        return self._opened(self._records.recall_id(grant_id))

    def has_row(self, secret: str) -> Grant | None:
        """The session or token with this secret, whether or not it opens anything."""
        found = self._records.recall(hash_of(secret))
        return None if found is None else found[0]

    # --------------------------------------------------------------------------------------------------------- sessions

    def sessions(self, person: str | None = None) -> list[Grant]:
        """Those of a person, or of all, that are not over, the newest use first; `last_seen_at` as it is known here."""
        found = [
            self._with_last_use(grant)
            for grant in self._records.grants()
            if grant.account is not None and (person is None or grant.account == person) and not self._is_over(grant)
        ]
        return sorted(found, key=lambda grant: grant.last_seen_at or grant.created_at, reverse=True)

    def end_sessions(self, person: str, but: str = "") -> int:
        """End all of a person's but the one with this id; how many there were."""
        over = [grant for grant in self._records.grants() if grant.account == person and grant.id != but]
        try:
            return sum(self._records.revoke_grant(grant.id) for grant in over)
        finally:
            self.on_revoked()

    def write_seen(self) -> None:
        """Write of sessions that were used, about when; of each at most once in SEEN_EVERY.  Blocks."""
        now = self._clock.now()
        grants = {grant.id: grant for grant in self._records.grants()}
        for grant_id in tuple(self._seen):
            grant = grants.get(grant_id)
            if grant is None:
                self._seen.pop(grant_id, None)
            elif self.is_clock_set() and (grant.last_seen_at is None or now - grant.last_seen_at >= SEEN_EVERY):
                self._records.save_grant(self._with_last_use(grant), insert=False)

    def forget_expired(self) -> None:
        """Sessions that are over leave no rows."""
        for grant in self._records.grants():
            if grant.account is not None and self._is_over(grant):
                self._records.revoke_grant(grant.id)

    # ----------------------------------------------------------------------------------------------------------- tokens

    def create_token(self, token: Grant) -> None:
        """Keep it.  Raises AccessDenied with the reason (no scope, over already)."""
        if not token.scopes:
            msg = "A token needs at least one scope."
            raise AccessDenied(msg)
        if token.expires_at is not None and token.expires_at <= token.created_at:
            msg = "This token would be over already. Choose a later day."
            raise AccessDenied(msg)
        self._records.save_grant(token)

    def tokens(self) -> list[Grant]:
        """Every token that was not revoked, expired ones included, oldest first."""
        return [grant for grant in self._records.grants() if grant.account is None]

    def revoke(self, grant_id: str) -> bool:
        """End a session or token; whether there was one."""
        try:
            return self._records.revoke_grant(grant_id)
        finally:
            self.on_revoked()

    # ------------------------------------------------------------------------------------------------------------------

    def _opened(self, found: tuple[Grant, Account | None] | None) -> Grant | None:
        if found is None or self._is_over(found[0]):
            return None
        grant, account = found
        if grant.account is None:
            return grant if self._has_its_maker(grant) else None
        if account is None or not self.may_come(account):
            return None
        return replace(grant, scopes=SCOPES_OF_ROLE[account.role], cameras=account.cameras)

    def _has_its_maker(self, key: Grant) -> bool:
        """Whether who made it may still do all that it opens."""
        if key.made_by is None:
            return True
        maker, account = self._records.recall_id(key.made_by) or (None, None)
        if maker is None or self._is_over(maker) or (maker.account is not None and account is None):
            return False
        if account is not None:
            if not self.may_come(account):
                return False
            maker = replace(maker, scopes=SCOPES_OF_ROLE[account.role], cameras=account.cameras)
        if key.cameras is None and maker.cameras is not None:
            return False
        return all(maker.allows(scope, camera) for scope in key.scopes for camera in key.cameras or (None,))

    def _with_last_use(self, grant: Grant) -> Grant:
        """As it is remembered here; kept by the steady clock, for the other may be set meanwhile."""
        seen = self._seen.get(grant.id)
        if seen is None:
            return grant
        return replace(grant, last_seen_at=self._clock.now() - timedelta(seconds=self._clock.monotonic() - seen))

    def _is_over(self, grant: Grant) -> bool:
        return grant.expires_at is not None and self._clock.now() >= grant.expires_at


def label(text: str) -> str:
    """A text from outside that is only ever shown."""
    return "".join(character for character in text if character.isprintable())[:_LONGEST_LABEL].strip()
