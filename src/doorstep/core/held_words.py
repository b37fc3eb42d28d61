"""What somebody hears when his quiet hours or snooze end of what went wrong meanwhile, or was put right."""

from collections.abc import Sequence

from doorstep.core.health import Problem
from doorstep.core.health_telling import Change, Word, camera_of, is_told
from doorstep.core.recipient import Recipient

MOST_NAMED = 5


def held_words(recipient: Recipient, held: Sequence[Word], problems: Sequence[Problem]) -> tuple[str, str]:
    """Title and text for the recipient, empty where there is nothing to say.

    `held` are the words that were held back, oldest first, `problems` what is wrong now.  What began and ended while it
    was quiet is not worth a word; of what he was told before, he is told that it is over.
    """
    began = {word.problem.key for word in held if word.change is not Change.ENDED}
    wrong = [one.what for one in problems if one.key in began and is_told(one) and _may_know(recipient, one)]
    over = [f"That is over: {one.what}" for one in _over(held, problems) if _may_know(recipient, one)]
    words = [*wrong, *over]
    more = [f"And {len(words) - MOST_NAMED} more."] if len(words) > MOST_NAMED else []
    title = "While it was quiet something went wrong" if wrong else "What was wrong is over"
    return (title, " ".join(words[:MOST_NAMED] + more)) if words else ("", "")


def _over(held: Sequence[Word], problems: Sequence[Problem]) -> Sequence[Problem]:
    there = {problem.key for problem in problems}
    known: dict[str, bool] = {}
    ended: dict[str, Problem] = {}
    for word in held:
        key = word.problem.key
        known.setdefault(key, word.change not in (Change.STARTED, Change.FLAPS))  # he heard of its start
        if word.change is Change.ENDED and known[key] and key not in there:
            ended[key] = word.problem
    return tuple(ended.values())


def _may_know(recipient: Recipient, problem: Problem) -> bool:
    camera = camera_of(problem.key)
    return recipient.may_see is None or camera is None or camera in recipient.may_see
