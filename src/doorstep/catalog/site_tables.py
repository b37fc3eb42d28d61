"""The tables that say which boxes there are, and what each shows the others.  Whose a row is stands in each row."""

from sqlalchemy.orm import Mapped, mapped_column

from doorstep.catalog.base import Base


class SiteRow(Base):
    """A box that keeps rows here; `box` is made up by the machine, so that no two share a site by mistake."""

    __tablename__ = "sites"

    site: Mapped[str] = mapped_column(primary_key=True)
    box: Mapped[str]


class SiteShareRow(Base):
    """The box `reader` may read the events of `site` at one camera, or where that is empty at all of them."""

    __tablename__ = "site_shares"

    site: Mapped[str] = mapped_column(primary_key=True)
    reader: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str] = mapped_column(primary_key=True)
