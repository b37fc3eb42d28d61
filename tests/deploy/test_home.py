"""What may be chosen, and what is said of what may not."""

import pytest
from deploy.aws.home import Home, HomeInvalid, home_of
from hypothesis import given
from hypothesis import strategies as st

MAIL = {"mail_from": "door@example.org", "mail_to": "ann@example.org"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"home": "My House"}, "home must be"),
        ({"home": "a" * 21}, "home must be"),
        ({"home": "ends-"}, "home must be"),
        ({"prefix": ""}, "prefix must be"),
        ({"prefix": "../up"}, "prefix must be"),
        ({"prefix": "a/*"}, "prefix must be"),
        ({"bucket": "No_Bucket"}, "bucket must be"),
        ({"keep_days": "0"}, "keep_days must be from 1"),
        ({"keep_days": "many"}, "keep_days must be a number"),
        ({"budget_usd": "nan", "budget_to": "a@example.org"}, "budget_usd must be from 0"),
        ({"lock_days": "31"}, "lock_days may not be more"),
        ({"detect": "perhaps"}, "detect is either true or false"),
        ({"mail_from": "door@example.org"}, "go together"),
        ({"mail_to": "ann@example.org"}, "go together"),
        ({**MAIL, "mail_to": "ann@example.org,bob"}, "must be mail addresses"),
        ({**MAIL, "mail_identity": "example.com"}, "mail_identity must be"),
        ({"budget_usd": "5"}, "needs budget_to"),
        ({"box_url": "http://door.example.org"}, "box_url must be an https address"),
        ({"address": "https://door.example.org/?x"}, "address must be an https address"),
        ({"colour": "red"}, "colour is not among what can be chosen"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(words: dict[str, str], sentence: str) -> None:
    with pytest.raises(HomeInvalid, match=sentence):
        home_of(words)


def test_nothing_need_be_chosen() -> None:
    assert home_of({}) == Home()
    assert not Home().sends_mail
    assert Home().has_queue


def test_a_domain_may_be_what_ses_verified() -> None:
    assert home_of({**MAIL, "mail_identity": "example.org"}).identity == "example.org"


@given(
    st.builds(
        Home,
        home=st.from_regex(r"[a-z][a-z0-9]{0,19}", fullmatch=True),
        keep_days=st.integers(1, 3650),
        detect=st.booleans(),
        motion=st.booleans(),
        budget_usd=st.floats(1, 1000),
        budget_to=st.just("ann@example.org"),
        timezone=st.sampled_from(["UTC", "Europe/Vienna"]),
    )
)
def test_what_cdk_is_told_is_read_back_the_same(home: Home) -> None:
    assert home_of({name: word for name, word in home.context().items() if word}) == home
