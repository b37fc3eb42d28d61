"""Which released Doorstep has which catalog.  The steps themselves are in `catalog/migrations`."""

RELEASES: tuple[tuple[str, str], ...] = (("0.1.0", "0010"), ("0.2.0", "0012"))
"""Each version that was released, oldest first, and the last step of its catalog; a test holds the newest there."""


def revision_of(named: str) -> str | None:
    """The last step that the Doorstep of this version knows, or the step itself where a step is named.

    None for what was never released.  A version such as 0.1.3 has the catalog of 0.1.0.
    """
    series = named.rpartition(".")[0]
    for version, revision in reversed(RELEASES):
        if named in {version, revision} or (series and series == version.rpartition(".")[0]):
            return revision
    return None


def version_of(named: str) -> str:
    """The version that was named, or the first one of the step."""
    return next((version for version, last in RELEASES if last == named), named)


def versions_with(revision: str) -> str:
    """Who reads such a catalog as it is or brings it up, in words."""
    first = next((version for version, last in RELEASES if last >= revision), None)
    return "a newer Doorstep" if first is None else f"Doorstep {first} and later"
