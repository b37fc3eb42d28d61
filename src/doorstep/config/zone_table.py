"""What the config file may say of zones: where in the picture somebody counts, and how large he must be."""

from typing import Annotated, Self
from unicodedata import normalize

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from doorstep.config.table import Table, rule_broken
from doorstep.core.polygon import LEAST_AREA, area_of, crosses_itself


def _name(value: str) -> str:
    """As it is told and compared: two that look alike are one, however their letters are put together."""
    if not value.strip() or not value.isprintable():
        msg = "must be a name that can be read, without line breaks"
        raise ValueError(msg)
    return normalize("NFC", value.strip())


Name = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_name)]
Part = Annotated[float, Field(ge=0, le=1)]
Height = Annotated[float | None, Field(gt=0, le=1)]
Corner = Annotated[list[Part], Field(min_length=2, max_length=2)]
Polygon = Annotated[list[Corner], Field(min_length=3, max_length=100)]


class LeastHeights(Table):
    """How high a box must be to count, in parts of the picture's height; 0.08 where nothing is said."""

    person: Height = Field(None, description="Of a person.")
    bicycle: Height = Field(None, description="Of a bicycle.")
    car: Height = Field(None, description="Of a car.")
    cat: Height = Field(None, description="Of a cat.")
    dog: Height = Field(None, description="Of a dog.")
    package: Height = Field(None, description="Of a package.")


class ZoneTable(Table):
    """Where in the picture somebody counts, or with `exclude` where nobody does: by his feet."""

    name: Name = Field(description="How it is called.")
    polygon: Polygon = Field(description="Its corners, [x, y] in parts of the picture, 0 to 1.")
    exclude: bool = Field(False, description="Whether nobody counts here, whatever other zones say.")
    least_heights: LeastHeights | None = Field(None, description="How high a box must be to count here.")

    @model_validator(mode="after")
    def _polygon_encloses_something(self) -> Self:
        corners = [(x, y) for x, y in self.polygon]
        if crosses_itself(corners):
            words = "crosses itself; name its corners in their order around it"
            raise rule_broken(words, "polygon")
        if area_of(corners) < LEAST_AREA:
            words = "encloses nothing: its corners lie on one line or in one place"
            raise rule_broken(words, "polygon")
        return self

    @model_validator(mode="after")
    def _nobody_is_measured_where_nobody_counts(self) -> Self:
        if self.exclude and self.least_heights is not None:
            words = "has no meaning beside exclude = true, for nobody counts there"
            raise rule_broken(words, "least_heights")
        return self
