from dataclasses import replace

from doorstep.core.access import Role, Scope
from doorstep.core.camera import CameraId
from doorstep.web.asgi import create_app
from fakes.house import FRONT, GARDEN, House

PATH = f"/api/v1/cameras/{FRONT}/detection"


def test_an_owner_switches_detection_and_sees_how_it_is() -> None:
    asked: list[tuple[CameraId, str, bool]] = []

    def switch(camera: CameraId, who: str, address: str, on: bool) -> None:
        del address
        asked.append((camera, who, on))
        house.cameras.all = [replace(one, detecting=on) if one.id == camera else one for one in house.cameras.all]

    with House() as house:
        app = create_app(replace(house.parts, switch_detection=switch))
        answer = house.ask("PUT", PATH, house.session(Role.OWNER), json={"on": False}, app=app)
        assert answer.status_code == 200
        assert answer.json()["watching"]["wanted"] is False
        assert asked == [(FRONT, "owner", False)]
        for wrong in ({"on": "no"}, {}, {"on": True, "more": 1}):
            assert house.ask("PUT", PATH, house.session(Role.OWNER), json=wrong, app=app).status_code in {400, 422}
        for role in (Role.FAMILY, Role.GUEST):
            assert house.ask("PUT", PATH, house.session(role), json={"on": False}, app=app).status_code == 403
        elsewhere = house.token(Scope.ADMIN, cameras=frozenset({GARDEN}))
        assert house.ask("PUT", PATH, elsewhere, json={"on": False}, app=app).status_code == 404
        assert len(asked) == 1
