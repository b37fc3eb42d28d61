"""What is said when it is quiet no more."""

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.health import Problem
from doorstep.core.health_telling import Change, Word
from doorstep.core.held_words import MOST_NAMED, held_words
from doorstep.core.recipient import Recipient
from fakes.footage import NOON

ANNA = Recipient("push:1", "Anna's phone", "Anna")
GATE, YARD = (Problem(f"camera:{name}", f"{name} is not seen.", NOON, "Look.") for name in ("gate", "yard"))


def words(*changes: Change, problem: Problem = GATE) -> list[Word]:
    return [Word(change, problem) for change in changes]


def test_what_came_back_meanwhile_is_wrong_and_not_over() -> None:
    held = words(Change.ENDED, Change.STARTED)
    assert held_words(ANNA, held, [GATE])[1] == "gate is not seen."
    assert held_words(ANNA, [*held, *words(Change.ENDED)], [])[1] == "That is over: gate is not seen."


def test_what_became_worse_meanwhile_was_told_before() -> None:
    assert held_words(ANNA, words(Change.CHANGED, Change.ENDED), [])[1] == "That is over: gate is not seen."


def test_what_is_wrong_goes_before_what_is_over() -> None:
    found = held_words(ANNA, [*words(Change.ENDED), *words(Change.STARTED, problem=YARD)], [YARD])
    assert found == ("While it was quiet something went wrong", "yard is not seen. That is over: gate is not seen.")


def test_what_was_told_before_it_became_quiet_is_not_told_again() -> None:
    assert held_words(ANNA, words(Change.STARTED, Change.ENDED, problem=YARD), [GATE]) == ("", "")


def test_nobody_hears_of_the_end_of_what_is_not_for_his_eyes() -> None:
    guest = Recipient("push:2", "Guest", "Bob", may_see=frozenset({CameraId("yard")}))
    assert held_words(guest, words(Change.ENDED), []) == ("", "")
    assert held_words(guest, words(Change.ENDED, problem=YARD), [])[1] == "That is over: yard is not seen."


keys = st.sampled_from([f"camera:{number}" for number in range(9)])
problems = st.builds(lambda key: Problem(key, f"{key}.", NOON, ""), keys)


@given(st.lists(st.builds(Word, st.sampled_from(Change), problems)), st.lists(problems, unique_by=lambda one: one.key))
def test_each_thing_is_named_once_and_no_more_than_is_bearable(held: list[Word], wrong: list[Problem]) -> None:
    _, text = held_words(ANNA, held, wrong)
    named = [part for part in text.split() if part.startswith("camera:")]
    assert len(named) == len(set(named)) <= MOST_NAMED
    began = {word.problem.key for word in held if word.change is not Change.ENDED}
    wrong = [one for one in wrong if one.key in began]
    over = {word.problem.what for word in held if word.change is Change.ENDED} - {one.what for one in wrong}
    assert set(named) <= over | {one.what for one in wrong}
