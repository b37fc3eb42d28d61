"""What the status tells of a remote detector: how it does, and never how to get in."""

from dataclasses import replace

from doorstep.core.remote_use import RemoteState, RemoteUse
from doorstep.web.asgi import create_app
from fakes.house import House

STATE = RemoteState("far.example", RemoteUse.SECOND_OPINION, "It is in trouble.", True, 0.1234567891, 2.0)


def test_a_remote_detector_in_trouble_is_shown_with_what_it_cost() -> None:
    with House() as house:
        house.app = create_app(replace(house.parts, remote=lambda: STATE))
        assert house.get("/api/v1/status").json()["remote_detector"] == {
            "host": "far.example",
            "use": "doubtful",
            "trouble": "It is in trouble.",
            "left_alone": True,
            "spent_usd": 0.123457,
            "cap_usd": 2.0,
        }


def test_where_all_looks_are_here_there_is_none() -> None:
    with House() as house:
        assert house.get("/api/v1/status").json()["remote_detector"] is None
