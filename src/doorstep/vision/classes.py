"""Which classes of a model mean which label.  The scores of a class are the families' business."""

import ast
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from doorstep.core.detection import Label

COCO_CLASSES: Final = 80

MEANINGS: Final[Mapping[Label, Mapping[str, int]]] = {
    Label.PERSON: {"person": 0},
    Label.BICYCLE: {"bicycle": 1},
    # COCO calls a van or a pickup a truck.
    Label.CAR: {"car": 2, "truck": 7},
    Label.CAT: {"cat": 15},
    Label.DOG: {"dog": 16},
    # There is no parcel in COCO; these are what a parcel is taken for.
    Label.PACKAGE: {"backpack": 24, "handbag": 26, "suitcase": 28},
}
"""Classes by name and by their place among the 80 of COCO (`instances_val2017.json`, without the 11 unused ids)."""

Wanted = Sequence[tuple[Label, tuple[int, ...]]]
"""For each label that is looked for, the classes of the model that mean it."""


def wanted_classes(labels: Collection[Label], names: Mapping[int, str] | None) -> Wanted:
    """The classes of `labels`, in the order of `Label`; by `names` where a model tells its own, else COCO's places.

    A label that the model does not know is left out.  A model's own class may also be named like the label itself.
    """
    found = []
    for label in Label:
        meaning = MEANINGS[label]
        if names is None:
            places = tuple(meaning.values())
        else:
            places = tuple(place for place, name in sorted(names.items()) if name.lower() in {*meaning, label})
        if label in labels and places:
            found.append((label, places))
    return found


def class_names(metadata: Mapping[str, str]) -> Mapping[int, str] | None:
    """A model's own classes by place, from its metadata; None where it tells none that can be understood.

    Format: the `names` that ultralytics' exporter writes (engine/exporter.py), a Python dict or list as text.
    """
    try:
        told = ast.literal_eval(metadata.get("names", ""))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    names = dict(enumerate(told)) if isinstance(told, list) else told
    if not isinstance(names, dict) or sorted(map(str, names)) != sorted(map(str, range(len(names)))):
        return None
    return {int(place): str(name) for place, name in names.items()} or None
