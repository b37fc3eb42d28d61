"""What a key of the config file was called by which Doorstep."""

from doorstep.config.judge import _all_keys
from doorstep.core.releases import RELEASES
from doorstep.core.renamed_keys import RENAMED, RenamedKey, name_of_now, renamed_after

INVENTED = (
    RenamedKey("0.3.0", ("events", "wait"), ("events", "pause")),
    RenamedKey("0.3.0", ("doors",), ("camera",)),
    RenamedKey("0.4.0", ("events", "pause"), ("events", "close_after")),
)


def test_a_name_of_two_versions_ago_leads_to_that_of_now() -> None:
    assert name_of_now(("events", "wait"), INVENTED) == ("events", "close_after")
    assert name_of_now(("doors", "id"), INVENTED) == ("camera", "id")
    assert name_of_now(("events", "pre_roll"), INVENTED) == ("events", "pre_roll")


def test_a_version_knows_what_was_renamed_until_then() -> None:
    assert renamed_after("0.2.9", INVENTED) == list(INVENTED)
    assert renamed_after("0.3.0", INVENTED) == [INVENTED[2]]
    assert renamed_after("0.10.0", INVENTED) == []


def test_every_key_that_was_renamed_leads_to_one_that_is_known_in_a_version_that_was_or_will_be_released() -> None:
    known = set(_all_keys())
    for key in RENAMED:
        assert ".".join(name_of_now(key.now, RENAMED)) in known
        assert ".".join(key.was) not in known
        assert key.since in {version for version, _ in RELEASES}
        assert key.was[:-1] == key.now[:-1] or ".".join(key.was[:-1]) in known
