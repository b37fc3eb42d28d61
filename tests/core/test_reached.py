"""A person is told by what came through and still comes, his own or the house's; nothing else counts."""

from datetime import UTC, datetime

import pytest

from doorstep.core.reached import Reached, reached, reached_people
from doorstep.core.recipient import Recipient
from doorstep.core.standing import Standing

AT = datetime(2026, 11, 20, tzinfo=UTC)


def standing(person: str | None = "Ann", *, proven: bool = True, trouble: str = "", people: bool = True) -> Standing:
    recipient = Recipient("channel", "name", person=person, reaches_people=people)
    return Standing(recipient, AT if proven else None, trouble)


@pytest.mark.parametrize(
    ("standings", "state"),
    [
        ([], Reached.NO_CHANNEL),
        ([standing("Ben")], Reached.NO_CHANNEL),
        ([standing(people=False)], Reached.NO_CHANNEL),
        ([standing(proven=False)], Reached.UNPROVEN),
        ([standing(proven=False, trouble="away")], Reached.FAILING),
        ([standing(trouble="away")], Reached.FAILING),
        ([standing(trouble="away"), standing(proven=False)], Reached.FAILING),
        ([standing()], Reached.TOLD),
        ([standing(None)], Reached.TOLD),
        ([standing(trouble="away"), standing(None)], Reached.TOLD),
    ],
)
def test_the_best_channel_decides(standings: list[Standing], state: Reached) -> None:
    assert reached("Ann", standings) is state


def test_each_person_stands_for_himself() -> None:
    told = reached_people(["Ann", "Ben"], [standing("Ann")])
    assert told == [("Ann", Reached.TOLD), ("Ben", Reached.NO_CHANNEL)]
