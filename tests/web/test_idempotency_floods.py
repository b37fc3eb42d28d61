"""Whoever holds a token that may do little makes nobody else's report happen twice."""

from collections.abc import Sequence

from doorstep.core.access import Scope
from doorstep.core.cause import Cause
from doorstep.web.idempotency import MOST_REMEMBERED, REMEMBERED_SECONDS, Answer, Answered
from doorstep.web.triggers import PACES
from fakes.house import FRONT, House

MOTION, PRESS = f"/api/v1/cameras/{FRONT}/motion", f"/api/v1/cameras/{FRONT}/press"


def test_reports_that_are_refused_push_no_answer_out() -> None:
    with House() as house:
        button = {**house.token(Scope.PRESS_WRITE), "Idempotency-Key": "ring"}
        assert house.ask("POST", PRESS, button).status_code == 202
        thief = house.token(Scope.MOTION_WRITE)
        codes = [
            house.ask("POST", MOTION, {**thief, "Idempotency-Key": str(number)}).status_code
            for number in range(MOST_REMEMBERED + 100)
        ]
        assert codes.count(429) > MOST_REMEMBERED
        told = len(house.triggers)
        assert house.ask("POST", PRESS, button).status_code == 202
        assert len(house.triggers) == told


class Acts:
    """What was done, by the number of the call that did it."""

    def __init__(self, house: House) -> None:
        self.house, self.answered, self.done = house, Answered(house.clock), 0

    def ask(self, keys: Sequence[tuple[str, ...]]) -> list[str]:
        async def act() -> Answer:
            self.done += 1
            return {"number": str(self.done)}

        async def run() -> list[str]:
            return [(await self.answered.once(key, act))["number"] for key in keys]

        return self.house.runner.run(run())


def test_reports_that_are_taken_push_out_nobody_elses() -> None:
    ring, cats = ("button", "ring"), [("sensor", str(number)) for number in range(3 * MOST_REMEMBERED)]
    with House() as house:
        acts = Acts(house)
        first, *_others, again = acts.ask([ring, *cats, ring])
        assert again == first


def test_a_retry_pushes_nothing_out() -> None:
    keys = [("sensor", str(number)) for number in range(MOST_REMEMBERED)]
    with House() as house:
        acts = Acts(house)
        first = acts.ask(keys)
        assert acts.ask(keys[-1:] * 10) == first[-1:] * 10
        assert acts.ask(keys) == first


def test_a_sender_cannot_report_so_often_that_its_own_keys_go_early() -> None:
    for cause in (Cause.PRESS, Cause.TRIGGER):
        pace = PACES[cause]
        assert pace.burst + REMEMBERED_SECONDS * pace.per_second < MOST_REMEMBERED
