"""What lies at another box is called by its site, and is seen by nobody who was not meant to."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.access import SCOPES_OF_ROLE, Grant, Role, Scope
from doorstep.core.camera import CameraId
from doorstep.core.site import HOME, SiteName, name_there, named_at, site_of

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NAMES = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
OWN = NAMES.map(CameraId)
ELSEWHERE = st.builds(lambda name, site: CameraId(named_at(name, SiteName(site))), NAMES, NAMES)
CAMERAS = st.one_of(OWN, ELSEWHERE)
SCOPES = st.frozensets(st.sampled_from(Scope))


def grant(account: str | None, scopes: frozenset[Scope], cameras: frozenset[CameraId] | None) -> Grant:
    return Grant("1", "hash", "somebody", account, scopes, cameras, NOON, None)


@given(name=NAMES, site=NAMES)
def test_a_name_elsewhere_says_where_and_what_it_is_called_there(name: str, site: str) -> None:
    there = named_at(name, SiteName(site))
    assert (site_of(there), name_there(there)) == (site, name)
    assert (site_of(name), name_there(name)) == (None, name)


def test_the_box_of_who_has_only_one_has_a_name() -> None:
    assert HOME == "home"


@given(scopes=SCOPES, camera=ELSEWHERE)
def test_no_token_without_bounds_sees_another_box(scopes: frozenset[Scope], camera: CameraId) -> None:
    token = grant(None, scopes, None)
    assert not token.sees(camera)
    assert not token.sees_elsewhere
    assert not any(token.allows(scope, camera) for scope in Scope)


@given(role=st.sampled_from([Role.FAMILY, Role.GUEST]), camera=ELSEWHERE)
def test_nobody_but_the_owner_sees_another_box_without_being_told_so(role: Role, camera: CameraId) -> None:
    somebody = grant("Anna", SCOPES_OF_ROLE[role], None)
    assert not somebody.sees(camera)
    assert not somebody.sees_elsewhere


@given(camera=CAMERAS)
def test_an_owner_who_signed_in_sees_every_box_that_shares(camera: CameraId) -> None:
    owner = grant("Anna", SCOPES_OF_ROLE[Role.OWNER], None)
    assert owner.sees(camera)
    assert owner.sees_elsewhere


@given(scopes=SCOPES, account=st.sampled_from([None, "Anna"]), camera=OWN)
def test_without_bounds_everybody_sees_all_of_this_box(
    scopes: frozenset[Scope], account: str | None, camera: CameraId
) -> None:
    assert grant(account, scopes, None).sees(camera)


@given(scopes=SCOPES, account=st.sampled_from([None, "Anna"]), bounds=st.frozensets(CAMERAS), camera=CAMERAS)
def test_who_has_bounds_sees_what_they_name_and_nothing_else(
    scopes: frozenset[Scope], account: str | None, bounds: frozenset[CameraId], camera: CameraId
) -> None:
    bound = grant(account, scopes, bounds)
    assert bound.sees(camera) is (camera in bounds)
    assert not bound.sees_elsewhere
    assert all(bound.sees(one) for one in bounds)


@given(name=NAMES, site=NAMES)
def test_a_right_to_an_own_camera_is_none_to_its_namesake_elsewhere(name: str, site: str) -> None:
    here, there = CameraId(name), CameraId(named_at(name, SiteName(site)))
    assert not grant("Anna", frozenset(), frozenset({here})).sees(there)
    assert not grant("Anna", frozenset(), frozenset({there})).sees(here)
