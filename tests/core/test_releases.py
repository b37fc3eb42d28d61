"""Each released version has its catalog, and the newest one has that of the code."""

import pytest

from doorstep import __version__
from doorstep.catalog.tables import HEAD
from doorstep.core.releases import RELEASES, revision_of, versions_with


def test_the_newest_release_has_the_catalog_of_the_code() -> None:
    version, revision = RELEASES[-1]
    assert revision == HEAD
    assert __version__.rpartition(".")[0] == version.rpartition(".")[0]


def test_releases_come_in_order() -> None:
    assert list(RELEASES) == sorted(RELEASES, key=lambda one: one[1])


@pytest.mark.parametrize(
    ("named", "revision"),
    [
        ("0.1.0", "0010"),
        ("0.1.7", "0010"),
        ("0010", "0010"),
        ("0.2.0", "0012"),
        ("0.0.1", None),
        ("9", None),
        ("", None),
    ],
)
def test_a_version_leads_to_its_catalog(named: str, revision: str | None) -> None:
    assert revision_of(named) == revision


def test_who_reads_a_catalog_is_said_in_words() -> None:
    assert versions_with("0008") == "Doorstep 0.1.0 and later"
    assert versions_with("0011") == "Doorstep 0.2.0 and later"
    assert versions_with("9999") == "a newer Doorstep"
