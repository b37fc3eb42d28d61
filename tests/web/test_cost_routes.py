"""What others are paid: for the owner alone."""

from collections.abc import Sequence
from dataclasses import replace

from doorstep.core.access import Role, Scope
from doorstep.core.costs import PayeeCosts
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.paid_call import Payee
from doorstep.web.asgi import create_app
from fakes.house import House

PATH = "/api/v1/costs"


async def told() -> Sequence[PayeeCosts]:
    return [PayeeCosts(Payee.S3, 100, 5000, 1.5, 3.0, 5.0), PayeeCosts(Payee.SES, 2, 10, 0.25, 0.5)]


def test_the_owner_sees_this_month_and_what_it_will_be() -> None:
    with House() as house:
        app = create_app(replace(house.parts, costs=told))
        answer = house.ask("GET", PATH, house.session(Role.OWNER), app=app)
        assert answer.status_code == 200
        document = answer.json()
        assert (document["spent_usd"], document["forecast_usd"]) == (1.75, 3.5)
        assert document["month"] == f"{house.parts.clock.now():%Y-%m}"
        assert document["payees"][0] == {
            "payee": "s3",
            "calls": 100,
            "bytes": 5000,
            "spent_usd": 1.5,
            "forecast_usd": 3.0,
            "cap_usd": 5.0,
        }
        assert document["payees"][1]["cap_usd"] is None


def test_nobody_else_does() -> None:
    with House() as house:
        app = create_app(replace(house.parts, costs=told))
        for role in (Role.FAMILY, Role.GUEST):
            assert house.ask("GET", PATH, house.session(role), app=app).status_code == 403
        assert house.ask("GET", PATH, house.token(Scope.STATUS_READ), app=app).status_code == 403


def test_a_house_that_pays_nobody_says_so() -> None:
    with House() as house:
        document = house.ask("GET", PATH, house.session(Role.OWNER)).json()
        assert (document["payees"], document["spent_usd"]) == ([], 0)


def test_a_catalog_that_does_not_answer_is_said() -> None:
    async def sick() -> Sequence[PayeeCosts]:
        msg = "The catalog does not answer."
        raise CatalogUnavailable(msg)

    with House() as house:
        app = create_app(replace(house.parts, costs=sick))
        assert house.ask("GET", PATH, house.session(Role.OWNER), app=app).status_code == 503
