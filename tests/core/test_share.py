"""Links to events: how long one holds, and whose it is."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.access import SCOPES_OF_ROLE, Account, Grant, Role, Scope
from doorstep.core.camera import CameraId
from doorstep.core.event import EventId
from doorstep.core.share import BY_MACHINE, BY_MAIL, Share, by, may_end, outlives_account, outlives_token

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DOOR, YARD, CABIN = CameraId("front-door"), CameraId("yard"), CameraId("front-door@cabin")
CAMERAS = st.none() | st.frozensets(st.sampled_from([DOOR, YARD, CABIN]))
SCOPES = st.frozensets(st.sampled_from(list(Scope)))


def share(made_by: str, camera: CameraId = DOOR) -> Share:
    return Share("id", EventId("ring"), camera, made_by, NOON, NOON + timedelta(hours=1))


def grant(
    account: str | None, scopes: frozenset[Scope] = frozenset(), cameras: frozenset[CameraId] | None = None
) -> Grant:
    return Grant("g1", "", "", account, scopes, cameras, NOON, None)


@given(st.text(max_size=20))
def test_no_account_passes_for_a_token_or_for_doorstep_itself(name: str) -> None:
    maker = by(grant(name))
    assert maker not in {BY_MAIL, BY_MACHINE, by(grant(None))}
    assert (share(maker).person, share(maker).token, share(maker).is_by_mail) == (name, None, False)


def test_who_made_it_is_read_from_it() -> None:
    assert (share(by(grant(None))).person, share(by(grant(None))).token) == (None, "g1")
    assert (share(BY_MAIL).person, share(BY_MAIL).token, share(BY_MAIL).is_by_mail) == (None, None, True)


def test_a_share_ends_at_its_hour() -> None:
    one = share(BY_MAIL)
    assert one.is_open(one.expires_at - timedelta(microseconds=1))
    assert not one.is_open(one.expires_at)


@given(st.sampled_from(Role), CAMERAS, st.integers(-2, 2), st.sampled_from([DOOR, CABIN]))
def test_a_share_holds_while_its_account_may_see_the_clip(
    role: Role, cameras: frozenset[CameraId] | None, made_later: int, camera: CameraId
) -> None:
    account = Account("Anna", "", role, cameras, NOON + timedelta(seconds=made_later))
    holds = outlives_account(share("person:Anna", camera), account)
    maker = grant("Anna", SCOPES_OF_ROLE[role], cameras)
    assert holds == (made_later <= 0 and maker.allows(Scope.CLIP_READ, camera))
    assert not outlives_account(share("person:Anna"), None)


@given(SCOPES, CAMERAS)
def test_a_share_holds_while_its_token_does(scopes: frozenset[Scope], cameras: frozenset[CameraId] | None) -> None:
    token = grant(None, scopes, cameras)
    assert outlives_token(share(by(token)), token) == token.allows(Scope.CLIP_READ, DOOR)
    assert not outlives_token(share(by(token)), None)


@given(SCOPES, CAMERAS, st.booleans())
def test_one_ends_ones_own_and_the_owner_everybodys_but_nobody_what_he_may_not_know(
    scopes: frozenset[Scope], cameras: frozenset[CameraId] | None, own: bool
) -> None:
    asker = grant("Anna", scopes, cameras)
    allowed = may_end(share(by(asker) if own else "person:Bob"), asker, by(asker))
    assert allowed == ((own or Scope.ADMIN in scopes) and asker.sees(DOOR))
