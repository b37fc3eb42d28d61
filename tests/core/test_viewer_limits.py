"""How many may watch: never more than the limits, and never a no while there is room."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.live_session import LiveSession, LiveWay, Viewer, ViewerLimits, too_many

SINCE = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)

viewers = st.builds(
    Viewer,
    camera=st.sampled_from([CameraId("front-door"), CameraId("garden")]),
    way=st.sampled_from(LiveWay),
    login=st.sampled_from(["one", "two", "three"]),
    who=st.just("ada"),
    address=st.just("192.0.2.7"),
)
limits_of_any_size = st.builds(
    ViewerLimits, all=st.integers(0, 12), of_person=st.integers(0, 8), webrtc=st.integers(0, 6)
)


@given(st.lists(viewers, max_size=40), limits_of_any_size)
def test_who_is_let_in_while_there_is_room_never_exceeds_a_limit_and_only_a_full_limit_refuses(
    arriving: list[Viewer], limits: ViewerLimits
) -> None:
    inside: list[LiveSession] = []
    for number, viewer in enumerate(arriving):
        of_person = sum(session.viewer.person == viewer.person for session in inside)
        webrtc = sum(session.viewer.way is LiveWay.WEBRTC for session in inside)
        is_full = (
            len(inside) == limits.all
            or of_person == limits.of_person
            or (viewer.way is LiveWay.WEBRTC and webrtc == limits.webrtc)
        )
        reason = too_many(inside, viewer, limits)
        assert bool(reason) == is_full
        if not reason:
            inside.append(LiveSession(str(number), viewer, SINCE))


def test_each_refusal_says_which_limit_it_is() -> None:
    viewer = Viewer(CameraId("front-door"), LiveWay.WEBRTC, "one", "ada", "192.0.2.7", "ada")
    one = [LiveSession("1", viewer, SINCE)]
    assert "as many as Doorstep serves at once" in too_many(one, viewer, ViewerLimits(all=1))
    assert "with this account" in too_many(one, viewer, ViewerLimits(of_person=1))
    assert "with the least delay" in too_many(one, viewer, ViewerLimits(webrtc=1))
