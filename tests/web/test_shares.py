"""Links that show one event: who makes and ends them, what is behind one, and what whoever has none learns."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorstep.core.access import Role, Scope
from doorstep.core.clip_file import Conversion
from doorstep.core.errors import BlobMissing, CatalogUnavailable, StoreUnavailable
from doorstep.core.event import Cause, Event, EventId
from doorstep.core.media import Codec
from doorstep.core.share import BY_MAIL
from doorstep.pipeline.off_site_clips import LINK_SECONDS
from doorstep.web.asgi import create_app
from doorstep.web.off_site_parts import OffSiteClipParts
from doorstep.web.problems import Refusal
from doorstep.web.shared_event import BUCKET_LINK_LASTS
from fakes.house import CLIP_BYTES, FRONT, FRONT_EVENT, GARDEN, GARDEN_EVENT, JPEG, House

V1 = "/api/v1"
SHARE = f"{V1}/events/{FRONT_EVENT}/share"
PATHS = ("", "/clip.mp4", "/still.jpg")


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        made.accounts.add("bob", "another long one", Role.FAMILY, None)
        made.accounts.add("gus", "a third long one", Role.GUEST, None)
        yield made


def signed_in(house: House, name: str) -> dict[str, str]:
    secret = house.accounts.sign_in(name, house.accounts.people[name][1], "", "")
    return {"Cookie": f"doorstep={secret}", "Sec-Fetch-Site": "same-origin"}


def made(house: House, asker: dict[str, str] | None = None, event: str = FRONT_EVENT, **body: Any) -> dict[str, Any]:
    asker = signed_in(house, "ada") if asker is None else asker
    answer = house.ask("POST", f"{V1}/events/{event}/share", asker, json=body or None)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def path_of(share: dict[str, Any]) -> str:
    return "/s/" + str(share["href"]).rpartition("/")[2]


def behind(house: House, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> httpx.Response:
    """As somebody whom nobody knows."""
    return house.ask(method, path, headers or {})


def with_shares(house: House, **changes: Any) -> Any:
    assert house.parts.shares is not None
    return create_app(replace(house.parts, shares=replace(house.parts.shares, **changes)))


def opens(house: House, share: dict[str, Any]) -> bool:
    statuses = {behind(house, path_of(share) + path).status_code for path in PATHS}
    assert len(statuses) == 1, statuses
    return statuses == {200}


# ------------------------------------------------------------------------------------------------- making and ending


def test_a_link_opens_its_event_to_a_stranger_until_its_hour(house: House) -> None:
    share = made(house, hours=2)
    assert re.fullmatch(r"http://127\.0\.0\.1:8080/s/[A-Za-z0-9_-]{43}", share["href"])
    assert datetime.fromisoformat(share["expires_at"]) == house.clock.now() + timedelta(hours=2)
    assert opens(house, share)
    house.clock.advance(2 * 3600 - 1)
    assert opens(house, share)
    house.clock.advance(1)
    assert not opens(house, share)


def test_a_link_lasts_a_day_unless_somebody_says_otherwise(house: House) -> None:
    share = made(house)
    assert datetime.fromisoformat(share["expires_at"]) == house.clock.now() + timedelta(days=1)


@pytest.mark.parametrize("hours", [0, -1, 721, 1.5, "24", None, True, [], 10**30])
def test_hours_that_are_none_are_refused(house: House, hours: object) -> None:
    answer = house.ask("POST", SHARE, signed_in(house, "ada"), json={"hours": hours})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_link_begins_with_the_address_from_outside_and_says_where_there_is_none(house: House) -> None:
    assert made(house)["outside"] is False
    app = with_shares(house, address="https://door.example.org")
    answer = house.ask("POST", SHARE, signed_in(house, "ada"), app=app).json()
    assert answer["href"].startswith("https://door.example.org/s/")
    assert answer["outside"] is True


def test_a_guest_and_a_token_without_the_right_make_none(house: House) -> None:
    others = [scope for scope in Scope if scope not in {Scope.CLIP_READ, Scope.ADMIN}]
    for asker in (signed_in(house, "gus"), house.token(*others)):
        assert house.ask("POST", SHARE, asker).status_code == 403
        assert house.ask("GET", f"{V1}/shares", asker).status_code == 403
        assert house.ask("DELETE", f"{V1}/shares/x", asker).status_code == 403


def test_what_one_may_not_see_one_cannot_share(house: House) -> None:
    only_garden = house.token(Scope.CLIP_READ, cameras=frozenset({GARDEN}))
    assert house.ask("POST", SHARE, only_garden).status_code == 404
    assert house.ask("POST", f"{V1}/events/nothing/share", only_garden).status_code == 404


def test_another_sites_page_makes_and_ends_none(house: House) -> None:
    cookie = {**signed_in(house, "ada"), "Sec-Fetch-Site": "cross-site"}
    for method, path in (("POST", SHARE), ("DELETE", f"{V1}/shares/x")):
        answer = house.ask(method, path, cookie, json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")


def test_each_sees_and_ends_his_own_and_the_owner_everybodys(house: House) -> None:
    ada, bob = signed_in(house, "ada"), signed_in(house, "bob")
    hers, his = made(house, ada), made(house, bob, GARDEN_EVENT)

    def listed(asker: dict[str, str], query: str = "") -> list[str]:
        return [share["id"] for share in house.ask("GET", f"{V1}/shares{query}", asker).json()["shares"]]

    assert sorted(listed(ada)) == sorted([hers["id"], his["id"]])
    assert listed(bob) == [his["id"]]
    assert listed(bob, f"?event={FRONT_EVENT}") == []
    assert listed(ada, f"?event={FRONT_EVENT}") == [hers["id"]]
    assert house.ask("DELETE", f"{V1}/shares/{hers['id']}", bob).status_code == 404
    assert opens(house, hers)
    assert house.ask("DELETE", f"{V1}/shares/{his['id']}", ada).status_code == 204
    assert house.ask("DELETE", f"{V1}/shares/{his['id']}", ada).status_code == 404
    assert not opens(house, his)
    assert listed(bob) == []


def test_an_owner_of_some_cameras_sees_the_links_of_no_other(house: House) -> None:
    share = made(house)
    only_garden = house.token(Scope.ADMIN, cameras=frozenset({GARDEN}))
    assert house.ask("GET", f"{V1}/shares", only_garden).json() == {"shares": []}
    assert house.ask("DELETE", f"{V1}/shares/{share['id']}", only_garden).status_code == 404


def test_a_list_says_everything_but_the_secret(house: House) -> None:
    share = made(house)
    answer = house.ask("GET", f"{V1}/shares", signed_in(house, "ada"))
    [listed] = answer.json()["shares"]
    assert path_of(share).removeprefix("/s/") not in answer.text
    assert listed == {
        "id": share["id"],
        "event": FRONT_EVENT,
        "camera": FRONT,
        "made_by": "ada",
        "by_mail": False,
        "created_at": "2026-11-21T13:00:00.000Z",
        "expires_at": "2026-11-22T13:00:00.000Z",
        "opened": 0,
        "pin": False,
    }


def test_only_so_many_links_are_open_to_one_event(house: House) -> None:
    ada = signed_in(house, "ada")
    for _ in range(50):
        first = made(house, ada, hours=1)
    answer = house.ask("POST", SHARE, ada)
    assert (answer.status_code, answer.json()["code"]) == (409, "too-many-links")
    assert house.ask("DELETE", f"{V1}/shares/{first['id']}", ada).status_code == 204
    made(house, ada)
    made(house, ada, GARDEN_EVENT)


# ------------------------------------------------------------------------------------------------------ what it shows


def test_the_page_says_what_and_when_in_the_time_of_the_house(house: House) -> None:
    house.change_event(FRONT_EVENT, causes=(Cause.PERSON, Cause.PRESS))
    path = path_of(made(house))
    text = house.ask("GET", path, app=with_shares(house, zone=ZoneInfo("Europe/Vienna"))).text
    assert "<h1>Doorbell rang at Front door</h1>" in text
    assert "Saturday, 21 November 2026, 13:00:00 CET" in text
    assert "Also: a person was seen." in text
    assert "It ends on Sunday, 22 November, at 14:00 CET." in text
    assert f'<source src="{path}/clip.mp4" type="video/mp4">' in text
    assert f'<source src="{path}/clip.mp4?direct=0" type="video/mp4">' in text
    assert f'poster="{path}/still.jpg"' in text
    assert f'href="{path}/clip.mp4" download="20261121_130000.mp4"' in text
    assert "codec=h264" not in text
    assert FRONT_EVENT not in text


def test_a_page_is_plain_and_holds_nothing_that_its_policy_forbids(house: House) -> None:
    answer = behind(house, path_of(made(house)))
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.search(r"<script|\sstyle=|\son[a-z]+=|javascript:|https?://", answer.text, re.IGNORECASE)
    assert answer.text.count("<style>") == 1


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_it_is_kept_found_or_told_to_others(house: House, path: str) -> None:
    answers = [behind(house, path_of(made(house)) + path), behind(house, "/s/" + "x" * 43 + path)]
    for headers in (answer.headers for answer in answers):
        assert headers["cache-control"] == "private, no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert "set-cookie" not in headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert {"base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))


def test_a_cameras_name_is_text(house: House) -> None:
    house.cameras.all = [replace(one, name='Yard <img src=x onerror="alert(1)">') for one in house.cameras.all]
    text = behind(house, path_of(made(house))).text
    assert "<img src=x" not in text
    assert "Yard &lt;img src=x onerror=&quot;alert(1)&quot;&gt;" in text


def test_the_video_comes_whole_in_ranges_and_by_name(house: House) -> None:
    path = path_of(made(house)) + "/clip.mp4"
    whole = behind(house, path)
    assert whole.content == CLIP_BYTES
    assert whole.headers["content-disposition"].startswith("inline")
    part = behind(house, path, {"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, CLIP_BYTES[100:200])
    assert behind(house, path, {"Range": "bytes=999999-"}).status_code == 416
    head = behind(house, path, method="HEAD")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(CLIP_BYTES)))


def test_the_picture_comes(house: House) -> None:
    answer = behind(house, path_of(made(house)) + "/still.jpg")
    assert (answer.content, answer.headers["content-type"]) == (JPEG, "image/jpeg")


def test_hevc_is_offered_in_h264_too_and_never_as_something_to_ask_for_again(house: House) -> None:
    house.clips.codec = Codec.HEVC
    house.clips.conversion = Conversion()
    path = path_of(made(house))
    text = behind(house, path).text
    assert 'type="video/mp4; codecs=&quot;hvc1.1.6.L123.B0&quot;"' in text
    assert f'<source src="{path}/clip.mp4?codec=h264" type="video/mp4">' in text
    answer = behind(house, path + "/clip.mp4?codec=h264", {"Prefer": "respond-async"})
    assert (answer.status_code, answer.headers["doorstep-codec"]) == (200, "h264")
    assert behind(house, path + "/clip.mp4?codec=av1").status_code == 400


def test_an_event_without_video_or_picture_is_shown_as_far_as_it_goes(house: House) -> None:
    path = path_of(made(house))
    house.change_event(FRONT_EVENT, recording=None)
    text = behind(house, path).text
    assert "There is no video of this." in text
    assert f'<img src="{path}/still.jpg"' in text
    house.change_event(FRONT_EVENT, has_still=False)
    text = behind(house, path).text
    assert "<img" not in text
    assert behind(house, path + "/still.jpg").status_code == 404


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StoreUnavailable("away"), "The video cannot be reached just now."),
        (BlobMissing("x.mp4"), "The video is no longer there."),
        (Refusal(404, "off-site-gone", ""), "The video is no longer there."),
        (Refusal(503, "off-site-unavailable", ""), "The video cannot be reached just now."),
    ],
)
def test_a_video_that_cannot_be_played_costs_the_video_and_not_the_page(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    path = path_of(made(house))

    async def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(house.clips, "of_event", broken)
    answer = behind(house, path)
    assert answer.status_code == 200
    assert words in answer.text
    assert "<video" not in answer.text
    assert "Save the video" not in answer.text


def test_a_video_that_lies_elsewhere_is_sent_for_there_and_nowhere_is_told_where_from(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = "https://bucket.example/clip?signature=1"

    async def elsewhere(*_: object) -> Response:
        return RedirectResponse(there, 307)

    monkeypatch.setattr("doorstep.web.shared_event.get_event_clip", elsewhere)
    path = path_of(made(house))
    assert f'<source src="{path}/clip.mp4" type="video/mp4">' in behind(house, path).text
    answer = behind(house, f"{path}/clip.mp4")
    assert (answer.status_code, answer.headers["location"]) == (307, there)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "private, no-store"


def test_nobody_is_sent_to_the_bucket_by_a_link_that_ends_sooner_than_the_address_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    async def whither(_event: Event, _parts: object, _grant: object, request: Request, *_: object) -> Response:
        seen.append(request.headers.get("sec-fetch-dest"))
        return Response()

    monkeypatch.setattr("doorstep.web.shared_event.get_event_clip", whither)
    path = f"{path_of(made(house, hours=2))}/clip.mp4"
    for minutes in (0, 61):
        house.clock.advance(60 * minutes)
        assert behind(house, path, {"Sec-Fetch-Dest": "video"}).status_code == 200
    assert seen == ["video", None]
    assert timedelta(seconds=LINK_SECONDS) == BUCKET_LINK_LASTS


def test_a_page_may_play_from_the_bucket_where_browsers_are_sent_there_and_from_nowhere_else(house: House) -> None:
    def nobody(*_: object) -> Any:
        raise AssertionError

    path = path_of(made(house))
    assert "media-src 'self' blob:" in behind(house, path).headers["content-security-policy"]
    off_site = OffSiteClipParts(nobody, nobody, nobody, nobody, "https://bucket.example")
    house.app = create_app(replace(house.parts, off_site=off_site))
    answer = behind(house, path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "media-src 'self' https://bucket.example blob:;" in policy
    assert policy.count("bucket.example") == 1


# ------------------------------------------------------------------------------------------------- what opens nothing


def test_whatever_opens_nothing_looks_alike(house: House) -> None:
    ada = signed_in(house, "ada")
    over, ended, deleted, hers = (
        made(house, ada, hours=1),
        made(house, ada),
        made(house, ada, GARDEN_EVENT),
        made(house),
    )
    right = path_of(made(house, ada))
    assert house.ask("DELETE", f"{V1}/shares/{ended['id']}", ada).status_code == 204
    house.clock.advance(3600)
    assert house.ask("DELETE", f"{V1}/events/{GARDEN_EVENT}", ada).status_code == 204
    closed = [path_of(share) for share in (over, ended, deleted)]
    wrong = ["/s/x", f"/s/{'x' * 43}", f"{right}x", right[:-1], f"/s/{'x' * 5000}", f"/s/{hers['id']}", "/s/%00"]
    answers = []
    for link in (*closed, *wrong):
        for path in PATHS:
            answers.append(behind(house, link + path))
            house.clock.advance(1.1)
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert "This link opens nothing" in answers[0].text


def test_a_link_to_a_deleted_event_opens_nothing_until_that_is_undone(house: House) -> None:
    share, ada = made(house), signed_in(house, "ada")
    assert house.ask("DELETE", f"{V1}/events/{FRONT_EVENT}", ada).status_code == 204
    assert not opens(house, share)
    assert house.ask("POST", f"{V1}/events/{FRONT_EVENT}/restore", ada).status_code == 200
    assert opens(house, share)
    house.clock.advance(10)
    house.catalog.forget_event(EventId(FRONT_EVENT))
    assert not opens(house, share)


def test_a_link_ends_with_the_account_that_made_it_and_with_its_right(house: House) -> None:
    share = made(house, signed_in(house, "bob"))
    account, password = house.accounts.people["bob"]
    for changed in (
        replace(account, role=Role.GUEST),
        replace(account, cameras=frozenset({GARDEN})),
        replace(account, created_at=house.clock.now() + timedelta(seconds=1)),  # another one, of the same name
    ):
        house.accounts.people["bob"] = changed, password
        assert not opens(house, share)
        house.clock.advance(10)
    house.accounts.people["bob"] = account, password
    assert opens(house, share)
    del house.accounts.people["bob"]
    assert not opens(house, share)
    assert house.ask("GET", f"{V1}/shares", signed_in(house, "ada")).json() == {"shares": []}


def test_a_link_of_a_script_ends_with_its_token(house: House) -> None:
    token = house.token(Scope.CLIP_READ)
    share = made(house, token)
    assert opens(house, share)
    [grant] = [grant for grant in house.accounts.tokens() if Scope.CLIP_READ in grant.scopes]
    house.accounts.revoke(grant.id)
    assert not opens(house, share)


def test_an_account_that_is_called_mail_makes_no_link_of_doorsteps(house: House) -> None:
    house.accounts.add("mail", "a fourth long one", Role.FAMILY, None)
    assert house.parts.shares is not None
    event = house.catalog.event(FRONT_EVENT)
    assert event is not None
    house.parts.shares.make(event, BY_MAIL, 24, None)
    assert house.ask("GET", f"{V1}/shares", signed_in(house, "mail")).json() == {"shares": []}
    [listed] = house.ask("GET", f"{V1}/shares", signed_in(house, "ada")).json()["shares"]
    assert (listed["made_by"], listed["by_mail"]) == ("", True)


def test_guessing_is_slowed_down_and_ends_by_itself(house: House) -> None:
    right = path_of(made(house))
    answers = [behind(house, f"/s/{number:043}").status_code for number in range(7)]
    assert answers == [404] * 5 + [429] * 2
    slow = behind(house, right)
    assert (slow.status_code, slow.headers["retry-after"]) == (429, "60")
    house.clock.advance(5)
    assert behind(house, right).status_code == 200


def test_a_catalog_that_does_not_answer_is_told_in_words_for_people(house: House) -> None:
    path = path_of(made(house))

    def broken(_secret: str) -> None:
        raise CatalogUnavailable

    for more in PATHS:
        answer = house.ask("GET", path + more, app=with_shares(house, opened_by=broken))
        assert answer.status_code == 503
        assert "Try again in a moment" in answer.text


def test_a_link_opens_no_other_route(house: House) -> None:
    secret = path_of(made(house)).removeprefix("/s/")
    for headers in ({"Authorization": f"Bearer {secret}"}, {"Cookie": f"doorstep={secret}"}):
        for path in ("/events", f"/events/{FRONT_EVENT}/clip.mp4", "/cameras", "/shares"):
            assert house.ask("GET", V1 + path, headers).status_code == 401


# --------------------------------------------------------------------------------------------------- what is written


def test_no_secret_is_written_down(house: House) -> None:
    path = path_of(made(house))
    secret = path.removeprefix("/s/")
    with structlog.testing.capture_logs() as lines:
        for more in (*PATHS, "/nothing", "?codec=h264"):
            behind(house, path + more)
    assert lines
    assert {line["path"] for line in lines} == {"/s/…", "/s/…/clip.mp4", "/s/…/still.jpg", "/s/…/nothing"}
    assert secret not in str(lines)


def test_a_bug_behind_a_link_writes_down_no_secret(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    path = path_of(made(house))

    def broken(_view: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("doorstep.web.shared_event.shared_page", broken)
    with structlog.testing.capture_logs() as lines:
        assert behind(house, path).status_code == 500
    assert path.removeprefix("/s/") not in str(lines)
    assert any(line["event"] == "a request failed" and line["path"] == "/s/…" for line in lines)


def test_the_owner_can_read_who_shared_and_that_it_was_opened(house: House) -> None:
    ada = signed_in(house, "ada")
    share = made(house, ada)
    house.clock.advance(1)
    for _ in range(3):
        behind(house, path_of(share))
    house.clock.advance(61)
    behind(house, path_of(share))
    behind(house, path_of(share), method="HEAD")
    [listed] = house.ask("GET", f"{V1}/shares", ada).json()["shares"]
    assert listed["opened"] == 2
    house.clock.advance(1)
    house.ask("DELETE", f"{V1}/shares/{share['id']}", ada)
    entries, _ = house.audit.entries(None, 10)
    assert [(entry.verb, entry.who) for entry in reversed(entries)] == [
        ("shared an event by a link", "ada"),
        ("opened an event by a link", "Somebody"),
        ("opened an event by a link", "Somebody"),
        ("ended a link to an event", "ada"),
    ]
    assert {(entry.camera, entry.way) for entry in entries} == {(FRONT, f"link {share['id']}")}
    assert [entry.until for entry in reversed(entries)] == [datetime(2026, 11, 22, 13, tzinfo=UTC), None, None, None]
