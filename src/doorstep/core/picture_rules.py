"""Is a camera's picture worth looking at: black, covered, frozen, blurred or turned away.  Measuring lives in `vision`.

What is dark all night or foggy all day is no fault of the camera's: each rule asks for its fault to last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from doorstep.core.lasting import Lasting


class PictureFault(StrEnum):
    """What may be wrong with pictures that do come."""

    BLACK = "black"
    COVERED = "covered"
    FROZEN = "frozen"
    BLURRED = "blurred"
    TURNED = "turned"


@dataclass(frozen=True, slots=True)
class PictureMeasure:
    """One picture in numbers, taken at `at` (monotonic seconds); levels are 0..255.

    `brightest` is its brightest part and `contrast` the standard deviation of its parts.  `detail` is how much of the
    contrast is in fine edges.  `changed` is the part of its pixels that are not exactly as in the measure before, 1 for
    the first.  `view` is where its edges are, coarsely: a vector of mean 0 and length 1, or all 0.
    """

    at: float
    brightest: float
    contrast: float
    detail: float
    changed: float
    view: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PictureRules:
    """Seconds that a fault must last, and be over; what a view is must have been seen for `learn` seconds.

    A view, or a dullness, that has stayed for `accept` seconds is what the camera shows from then on.
    """

    black: float = 30.0
    covered: float = 60.0
    frozen: float = 60.0
    blurred: float = 120.0
    turned: float = 120.0
    over: float = 5.0
    learn: float = 600.0
    accept: float = 2 * 3600.0


RULES = PictureRules()

BLACK_BELOW, BLACK_OVER = 34.0, 40.0
"""Levels of the brightest part.  Video black is 16, and a sensor that sees nothing adds a few levels of grain."""

FLAT_BELOW, FLAT_OVER = 3.0, 5.0
"""Levels of contrast: a hand or a leaf on the lens leaves less, fog leaves more."""

STILL_BELOW = 0.0005
"""Part of the pixels.  A living sensor's grain changes a tenth and more, through any encoder's key frames."""

FEWEST_STILL = 8
"""Measures in a row, so that an encoder which repeats a picture between rare key frames is not taken for dead."""

DULL_BELOW, DULL_OVER = 0.4, 0.6
"""Of the detail that the view had."""

ELSEWHERE_BELOW, SAME_OVER = 0.3, 0.5
"""Correlation of two views: by day and by lamp the same one has more than the first."""

MOST_VIEWS = 4
LONGEST_APART = 30.0
"""Seconds between two measures that still say something of what was between them."""


@dataclass(slots=True)
class _View:
    pattern: tuple[float, ...]
    detail: float
    seen: float = 0.0

    def learn(self, measure: PictureMeasure, seconds: float, whole: float) -> None:
        """Seconds out of so many until it is as the picture is."""
        part = min(1.0, seconds / whole)
        self.pattern = tuple(a + (b - a) * part for a, b in zip(self.pattern, measure.view, strict=True))
        self.detail += (measure.detail - self.detail) * part
        self.seen += seconds


class PictureJudge:
    """One for each camera.  `faults` are those that hold; a connection that begins anew changes nothing."""

    def __init__(self, rules: PictureRules = RULES) -> None:
        self._rules = rules
        self._lasting = {
            fault: Lasting(getattr(rules, fault.value), rules.over)  # a rule is called as its fault
            for fault in PictureFault
        }
        self._still = 0
        self._dull_since: float | None = None
        self._views: list[_View] = []
        self._other: _View | None = None  # one that is not known yet
        self._at: float | None = None

    @property
    def faults(self) -> frozenset[PictureFault]:
        """What is wrong now."""
        return frozenset(fault for fault, lasting in self._lasting.items() if lasting.holds)

    def observe(self, measure: PictureMeasure) -> frozenset[PictureFault]:
        """The faults after one more picture."""
        seconds = 0.0 if self._at is None else measure.at - self._at
        self._at = measure.at
        if seconds > LONGEST_APART:
            self._forget_what_was_about_to_change()
            seconds = 0.0
        if self._is_dark(measure):
            self._unseen(PictureFault.COVERED, PictureFault.FROZEN, PictureFault.BLURRED, PictureFault.TURNED)
        elif self._is_flat(measure):
            self._unseen(PictureFault.FROZEN, PictureFault.BLURRED, PictureFault.TURNED)
        else:
            self._observe_still(measure)
            self._observe_view(measure, seconds)
        return self.faults

    def _holds(self, fault: PictureFault, at: float, *, found: bool) -> None:
        self._lasting[fault].observe(at, found=found)

    def _unseen(self, *faults: PictureFault) -> None:
        for fault in faults:
            self._lasting[fault].unseen()

    def _forget_what_was_about_to_change(self) -> None:
        self._unseen(*PictureFault)
        self._still, self._dull_since = 0, None

    def _is_dark(self, measure: PictureMeasure) -> bool:
        held = self._lasting[PictureFault.BLACK].holds
        dark = measure.brightest < (BLACK_OVER if held else BLACK_BELOW)
        self._holds(PictureFault.BLACK, measure.at, found=dark)
        return dark

    def _is_flat(self, measure: PictureMeasure) -> bool:
        held = self._lasting[PictureFault.COVERED].holds
        flat = measure.contrast < (FLAT_OVER if held else FLAT_BELOW)
        self._holds(PictureFault.COVERED, measure.at, found=flat)
        return flat

    def _observe_still(self, measure: PictureMeasure) -> None:
        self._still = self._still + 1 if measure.changed < STILL_BELOW else 0
        held = self._lasting[PictureFault.FROZEN].holds
        # It counts from the first, but is believed only after so many.
        if self._still <= 1 or held or self._still >= FEWEST_STILL:
            self._holds(PictureFault.FROZEN, measure.at, found=self._still > 0)

    def _observe_view(self, measure: PictureMeasure, seconds: float) -> None:
        known = max(self._views, key=lambda view: likeness(view.pattern, measure.view), default=None)
        if known is None or known.seen < self._rules.learn:
            self._learn_first(known, measure, seconds)
            return
        alike = likeness(known.pattern, measure.view)
        held = self._lasting[PictureFault.TURNED].holds
        elsewhere = alike < (SAME_OVER if held else ELSEWHERE_BELOW) and not self._accepted(measure, seconds)
        self._holds(PictureFault.TURNED, measure.at, found=elsewhere and self._is_steady)
        if elsewhere:
            self._unseen(PictureFault.BLURRED)
        else:
            self._observe_detail(known, measure, seconds)

    def _learn_first(self, known: _View | None, measure: PictureMeasure, seconds: float) -> None:
        """Whoever still hangs the camera up turns it: the first view is one that stays."""
        if known is None or likeness(known.pattern, measure.view) < ELSEWHERE_BELOW:
            self._views = [_View(measure.view, measure.detail)]
        else:
            known.learn(measure, seconds, self._rules.learn)

    @property
    def _is_steady(self) -> bool:
        return self._other is not None and self._other.seen > 0.0

    def _accepted(self, measure: PictureMeasure, seconds: float) -> bool:
        """Whether the unknown view has stayed for so long that it is the camera's."""
        if self._other is None or likeness(self._other.pattern, measure.view) < SAME_OVER:
            self._other = _View(measure.view, measure.detail)
            return False
        self._other.learn(measure, seconds, self._rules.learn)
        if self._other.seen < self._rules.accept:
            return False
        self._views = [*self._views, self._other][-MOST_VIEWS:]
        self._other = None
        return True

    def _observe_detail(self, known: _View, measure: PictureMeasure, seconds: float) -> None:
        self._other = None
        held = self._lasting[PictureFault.BLURRED].holds
        dull = measure.detail < known.detail * (DULL_OVER if held else DULL_BELOW)
        if not dull:
            self._dull_since = None
            known.learn(measure, seconds, self._rules.learn)
        elif self._dull_since is None:
            self._dull_since = measure.at
        elif measure.at - self._dull_since >= self._rules.accept:
            known.detail, dull = measure.detail, False
        self._holds(PictureFault.BLURRED, measure.at, found=dull)


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """Correlation of two views, -1..1; 0 where one is of another size, or shows nothing."""
    if len(one) != len(other):
        return 0.0
    lengths = sum(a * a for a in one) * sum(b * b for b in other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths**0.5 if lengths > 0 else 0.0


def picture_words(fault: PictureFault, name: str) -> tuple[str, str]:
    """What is wrong with the camera of that name and what to do, for the owner."""
    match fault:
        case PictureFault.BLACK:
            return f"{name} shows only black.", "Check its light or infrared lamps, and that nothing covers it."
        case PictureFault.COVERED:
            return f"{name} shows one plain surface: it may be covered.", "See what is in front of its lens."
        case PictureFault.FROZEN:
            return f"{name} is frozen: it sends the same picture again and again.", "Switch it off and on again."
        case PictureFault.BLURRED:
            return f"{name} is blurred.", "Clean its lens, or set its focus."
        case PictureFault.TURNED:
            what = f"{name} does not look where it did: it was turned, or something stands in front of it."
            return what, "Turn it back, or leave it so: after two hours this is its view."
