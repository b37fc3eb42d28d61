"""Each look of `doorstep detect --explain` in words and as JSON, and why each event opened, as the API says it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from doorstep.app.explain import BEGIN, ExplainedLook
from doorstep.core.detection import Box, Detection
from doorstep.core.region import WHOLE
from doorstep.core.replay_explanation import ExplainedEvent
from doorstep.core.replay_words import NOBODY, Happening

Json = dict[str, object]

MOST_FOUND = 5
"""Boxes that a line names, the surest first; --json has them all."""


def explained_lines(file: str, looks: Iterable[ExplainedLook]) -> Iterator[str]:
    """One line for each look, one for each thing that opened or closed by it, and one for how it all ended.

    Where nobody looked for a while, one line says so.
    """
    counted: Counter[str] = Counter()
    for idle, run in groupby(looks, _is_idle):
        if idle:
            yield _idle_line(file, list(run))
            continue
        for look in run:
            counted.update(happening.what for happening in look.happenings)
            yield from _look_lines(file, look)
    yield f"{file}: {_count(counted['opened'], 'event')}, {_count(counted['told'], 'alert')}."


def _is_idle(look: ExplainedLook) -> bool:
    return look.step.moment.found is None and not look.happenings and not look.is_end


def _idle_line(file: str, looks: Sequence[ExplainedLook]) -> str:
    begin, end = looks[0].at, looks[-1].at
    span = f"{begin:.2f} s" if begin == end else f"{begin:.2f} to {end:.2f} s"
    most = max(look.step.moment.motion for look in looks)
    return f"{file} at {span}: {_percent(most)} moved at most; not looked at"


def _look_lines(file: str, look: ExplainedLook) -> Iterator[str]:
    moment = look.step.moment
    if not look.is_end:
        state = "" if moment.found == () and look.state == NOBODY else f"; {look.state}"
        yield f"{file} at {look.at:.2f} s: {_percent(moment.motion)} moved; {_looked_words(look)}{state}"
    for happening in look.happenings:
        yield f"{file} at {look.at:.2f} s:   {happening.what}: {happening.why}"


def _percent(motion: float) -> str:
    return f"{100 * motion:.1f} %"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def look_json(file: str, look: ExplainedLook) -> Json:
    """A look of an explanation, with what a video can tell besides: `looked` False means that nobody did."""
    moment = look.step.moment
    found = moment.found or ()
    return {
        "file": file,
        "at": round(look.at, 3),
        "motion": round(moment.motion, 5),
        "moving": moment.moving,
        "looked": moment.found is not None,
        "score": round(max((one.score for one in found), default=0.0), 4),
        "where": "local",
        "boxes": [{"label": one.label.value, "box": _corners(one.box), "score": round(one.score, 4)} for one in found],
        "crops": [_corners(crop) for crop in look.crops if crop != WHOLE],
        "followed": [_corners(box) for box in look.where],
        "state": look.state,
        "happenings": [_happening_json(one) for one in look.happenings],
    }


def event_json(file: str, over: ExplainedEvent) -> Json:
    """An event and why it opened, in the shape of `GET /events/{id}/explanation`; times are seconds of the video."""
    from doorstep.web.explanations import explanation_shape  # noqa: PLC0415 - the web, which few looks need

    event = over.event
    told = explanation_shape(event, over.explanation).model_dump(mode="json")
    begin = (event.started_at - BEGIN).total_seconds()
    for shown, kept in zip(told["looks"], over.explanation.looks, strict=True):
        shown["at"] = round(begin + kept.after, 3)
    ended_at = event.ended_at or event.last_seen_at
    span = {"started_at": round(begin, 3), "ended_at": round((ended_at - BEGIN).total_seconds(), 3)}
    return {"file": file, **span, "causes": [cause.value for cause in event.causes], "explanation": told}


def _looked_words(look: ExplainedLook) -> str:
    if look.step.moment.found is None:
        return "not looked at"
    parts = "all of it" if look.crops == (WHOLE,) else f"{', '.join(map(_box_words, look.crops))}"
    found = sorted(look.step.moment.found, key=lambda one: -one.score)
    words = [_found_words(one) for one in found[:MOST_FOUND]]
    if len(found) > MOST_FOUND:
        words.append(f"{len(found) - MOST_FOUND} weaker")
    return f"looked at {parts}: {'; '.join(words) or 'nobody'}"


def _found_words(one: Detection) -> str:
    return f"{one.label.value} {one.score:.2f} at {_box_words(one.box)}"


def _box_words(box: Box) -> str:
    return " ".join(f"{corner:.2f}" for corner in _corners(box))


def _happening_json(happening: Happening) -> Json:
    return {"what": happening.what, "event": happening.event.id, "why": happening.why}


def _corners(box: Box) -> Sequence[float]:
    return [round(corner, 5) for corner in box.corners]
