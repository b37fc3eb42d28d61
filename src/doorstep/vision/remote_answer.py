"""What a remote detector answers: `{"person_detected", "persons": [{"box", "score"}], "model", "ms"}`."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from doorstep.core.detection import PERSON, Box, Detection

MOST_ANSWER_BYTES = 256 * 1024
MOST_PERSONS = 300
OVERHANG = 0.02
"""How far a box may hang over the picture's edge, in parts of the picture: rounding does that; more is an error."""
LONGEST_MODEL_NAME = 80


@dataclass(frozen=True, slots=True)
class Answer:
    """Persons, best first, and the model that found them."""

    detections: tuple[Detection, ...]
    model: str


def parse_answer(body: bytes) -> Answer:
    """Raises ValueError for whatever is not the contract: no JSON, other types, numbers that are none, far boxes."""
    try:
        document = json.loads(body)
    except RecursionError as error:
        msg = "nested too deeply"
        raise ValueError(msg) from error
    if not isinstance(document, dict) or not isinstance(document.get("person_detected"), bool):
        msg = "no person_detected"
        raise ValueError(msg)  # noqa: TRY004 - one error for all that is not the contract
    persons = document.get("persons")
    if not isinstance(persons, list) or len(persons) > MOST_PERSONS:
        msg = "no list of persons"
        raise ValueError(msg)
    found = sorted(filter(_has_area, map(_person, persons)), key=lambda one: -one.score)
    model = document.get("model")
    return Answer(tuple(found), _printable(model) if isinstance(model, str) else "")


def _person(person: object) -> Detection:
    if not isinstance(person, dict):
        msg = "a person that is none"
        raise ValueError(msg)  # noqa: TRY004 - as above
    corners = person.get("box")
    if not isinstance(corners, list) or len(corners) != 4:
        msg = "a box without four corners"
        raise ValueError(msg)
    left, top, right, bottom = (_part(corner, OVERHANG) for corner in corners)
    return Detection(PERSON, _part(person.get("score"), 0.0), Box(left, top, right, bottom))


def _has_area(person: Detection) -> bool:
    """Also what lies right outside the picture, or is too small for the digits of an answer, is nobody."""
    return person.box.area > 0.0


def _part(value: object, over: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = "no number"
        raise ValueError(msg)  # noqa: TRY004 - as above
    if not (-over <= value <= 1.0 + over and math.isfinite(value)):
        msg = "a number outside the picture"
        raise ValueError(msg)
    return float(min(1.0, max(0.0, value)))


def _printable(model: str) -> str:
    return "".join(letter for letter in model if letter.isprintable())[:LONGEST_MODEL_NAME]


def refusal_words(status: int, body: bytes) -> str:
    """Why it lets nobody in, as the end of a sentence.  AWS lets a signature be five minutes early or late."""
    if b"Signature expired" in body or b"Signature not yet current" in body:
        return f"says that the clock of this machine is wrong (it answers {status}); set it"
    return f"does not accept the token or the keys (it answers {status}); mend them"


def as_document(detections: Sequence[Detection], model: str, milliseconds: float) -> dict[str, object]:
    """The same contract, for whoever serves it."""
    persons = [
        {"box": [round(corner, 5) for corner in one.box.corners], "score": round(one.score, 4)} for one in detections
    ]
    return {"person_detected": bool(persons), "persons": persons, "model": model, "ms": round(milliseconds, 1)}
