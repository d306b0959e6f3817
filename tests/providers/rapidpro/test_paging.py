"""Pages of 250 behind cursors; filters and order in the links."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

BIG = {
    "uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e99",
    "name": "Big",
    "users": [{"email": "big@big.example", "role": "editor", "tokens": ["rp_big"]}],
}
SAME = "2026-05-01T00:00:00Z"


@pytest.fixture
def many(rapidpro):
    """The server, with 760 channels of which 755 were made at one instant."""
    channels = [
        {"name": f"C{n}", "type": "external", "address": str(n), "created_on": SAME}
        for n in range(755)
    ]
    channels += [
        {"name": f"C{755 + n}", "type": "telegram", "created_on": f"2026-05-02T00:00:0{n}Z"}
        for n in range(5)
    ]
    rapidpro.load({**BIG, "channels": channels})
    return rapidpro.as_("rp_big")


def names(answer):
    return [item["name"] for item in answer.json["results"]]


ALL = [f"C{n}" for n in range(759, -1, -1)]


def crafted(**parts):
    return base64.b64encode(urlencode(parts).encode()).decode()


def test_all_pages_together_have_everything_once_in_order(many):
    pages, link = [], "channels"
    while link:
        answer = many.get(link)
        pages.append(names(answer))
        link = answer.json["next"]

    assert [len(found) for found in pages[:-1]] == [250, 250, 250]
    assert [name for found in pages for name in found] == ALL


def test_going_back_meets_the_same_pages(many):
    forward, link = [], "channels"
    while link:
        answer = many.get(link)
        forward.append(names(answer))
        last, link = answer, answer.json["next"]

    back, answer = [names(last)], last
    while answer.json["previous"]:
        answer = many.get(answer.json["previous"])
        back.insert(0, names(answer))

    assert back == forward
    assert names(many.get(answer.json["next"])) == forward[1]


def test_pages_do_not_shift_when_something_is_added_in_front(many):
    first = many.get("channels")
    many.load({**BIG, "channels": [{"name": "Newest", "created_on": "2026-05-03T00:00:00Z"}]})

    assert names(many.get(first.json["next"]))[0] == ALL[250]


def test_links_are_complete_sorted_and_keep_every_parameter(many):
    headers = {"Host": "api.example.org:8443", "X-Forwarded-Proto": "https"}
    headers |= {"X-Forwarded-Host": "elsewhere.example.org"}

    answer = many.call(
        "GET", "channels", query="zeta=&alpha=%C3%BC+%26&page_size=10&limit=5", headers=headers
    )

    link = urlsplit(answer.json["next"])
    assert (link.scheme, link.netloc) == ("https", "api.example.org:8443")
    assert link.path == "/rapidpro/api/v2/channels.json"
    assert link.query.startswith("alpha=%C3%BC+%26&cursor=")
    assert link.query.endswith("&limit=5&page_size=10&zeta=")
    assert len(answer.json["results"]) == 250
    assert answer.json["previous"] is None
    assert "count" not in answer.json


def test_links_stay_within_the_sandbox(many):
    answer = many.get("/s/default/rapidpro/api/v2/channels.json")

    assert "/s/default/rapidpro/api/v2/channels.json?" in answer.json["next"]
    assert many.get(answer.json["next"]).json["results"][0]["name"] == ALL[250]


@pytest.mark.parametrize(
    "cursor",
    [
        "abc",
        crafted(o="abc"),
        crafted(o="-5"),
        crafted(p="baddate"),
        crafted(p="2026-05-01T00:00:00Z", s="x"),
    ],
)
def test_cursors_that_mean_nothing_are_not_found(many, cursor):
    answer = many.get("channels", cursor=cursor)

    assert (answer.status_code, answer.json) == (404, {"detail": "Invalid cursor"})


@pytest.mark.parametrize("cursor", ["", "%%%"])
def test_cursors_of_nothing_are_the_first_page(many, cursor):
    answer = many.get("channels", cursor=cursor)

    assert names(answer) == ALL[:250]
    assert answer.json["previous"] is None


def test_cursors_as_servers_write_them_are_read(many):
    by_offset = many.get("channels", cursor=crafted(o="2"))
    by_position = many.get("channels", cursor=crafted(p="2026-05-02 00:00:02+00:00"))
    by_both = many.get("channels", cursor=crafted(p="2026-05-02 00:00:02+00:00", o="1"))
    far_behind = many.get("channels", cursor=crafted(o="9999999"))
    from_the_end = many.get("channels", cursor=crafted(r="1"))

    assert names(by_offset) == ALL[2:252]
    assert names(by_position) == ALL[3:253]
    assert names(by_both) == ALL[4:254]
    assert names(far_behind) == []
    assert names(from_the_end) == ALL[-250:]
    assert from_the_end.json["next"] is None


def test_a_filter_holds_on_every_page(many):
    found = many.items("channels", address="7")

    assert [channel["name"] for channel in found] == ["C7"]


def test_the_link_back_from_a_page_that_became_empty_leads_to_the_end(many):
    answer = many.get("channels", cursor=crafted(o="9999999"))

    again = many.get(answer.json["previous"])

    assert names(again) == ALL[-250:]


def test_reverse_turns_lists_by_time_of_change_around(rapidpro):
    rapidpro.post("globals", {"name": "Newer", "value": "1"})

    usual = [item["key"] for item in rapidpro.items("globals")]
    turned = [item["key"] for item in rapidpro.items("globals", reverse="true")]

    assert turned == usual[::-1] == ["clinic_phone", "newer"]
    assert [item["key"] for item in rapidpro.items("globals", reverse="no")] == usual


def test_before_and_after_include_their_ends_and_ignore_what_is_empty(rapidpro):
    at = rapidpro.one("globals")["modified_on"]

    assert rapidpro.one("globals", before=at, after=at)
    assert rapidpro.one("globals", before="", after="")
    assert rapidpro.items("globals", after="2026-05-07") == []
    assert rapidpro.items("globals", before="not a time") == []


def test_a_cursor_is_an_opaque_parameter_of_the_link(many):
    link = many.get("channels").json["next"]

    (cursor,) = parse_qs(urlsplit(link).query)["cursor"]

    assert names(many.get("channels", cursor=cursor)) == ALL[250:500]
