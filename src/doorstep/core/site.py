"""One box among several on one catalog, and how what lies at another is named here.  Who may see it is `access`."""

from typing import NewType

SiteName = NewType("SiteName", str)

HOME = SiteName("home")
"""The box of who has only one."""

_AT = "@"


def named_at(name: str, site: SiteName) -> str:
    """What is called `name` at another box, such as "front-door@cabin"; no id of our own has an @."""
    return f"{name}{_AT}{site}"


def site_of(name: str) -> SiteName | None:
    """Which other box that lies at; None for what is our own."""
    _, at, site = name.rpartition(_AT)
    return SiteName(site) if at else None


def name_there(name: str) -> str:
    """What it is called at its own box."""
    own, at, there = name.rpartition(_AT)
    return own if at else there
