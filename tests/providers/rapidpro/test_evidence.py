"""How an answer is known: what is said of it in a header."""

from __future__ import annotations

import pytest

from .people import AMINA, NOBODY

REMINDER = {"offset": 1, "unit": "days", "delivery_hour": 9, "message": "Hello"}


def evidence(answer):
    return answer.headers.get("X-Emulator-Evidence")


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ("contacts", "documented"),
        ("workspace", "documented"),
        ("org", "observed"),
        ("definitions", "observed"),
        ("flow_starts", "documented"),
        ("flow_starts.json?id=1", "observed"),
        ("nothing", None),
    ],
)
def test_what_is_read_is_as_known_as_its_operation(rapidpro, path, level):
    suffix = "" if ".json" in path else ".json"

    assert evidence(rapidpro.get(f"/rapidpro/api/v2/{path}{suffix}")) == level


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("messages", {"broadcast": "abc"}),
        ("tickets", {"uuid": "abc"}),
        ("definitions", {"flow": "abc"}),
        ("contacts", {"cursor": "cD1iYWRkYXRl"}),
    ],
)
def test_words_are_ours_where_servers_crash_on_a_query(rapidpro, path, query):
    answer = rapidpro.get(path, **query)

    assert answer.status_code in (400, 404)
    assert evidence(answer) == "assumed"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("broadcasts", {"attachments": [], "contacts": [AMINA], "base_language": "eng"}),
        ("fields", {"name": "due-date", "type": "text"}),
        (
            "resthook_subscribers",
            {"resthook": "new-visit", "target_url": f"http://a.org/{'x' * 200}"},
        ),
        ("campaign_events", {**REMINDER, "relative_to": "children"}),
    ],
)
def test_words_are_ours_where_servers_crash_on_a_body(rapidpro, path, body):
    if path == "campaign_events":
        body["campaign"] = rapidpro.one("campaigns")["uuid"]

    answer = rapidpro.post(path, body)

    assert answer.status_code == 400
    assert evidence(answer) == "assumed"


def test_a_number_is_asked_for_in_our_words(rapidpro):
    assert evidence(rapidpro.delete("resthook_subscribers", id="abc")) == "assumed"


def test_a_text_for_a_quick_reply_is_an_assumption(rapidpro):
    answer = rapidpro.post("messages", {"contact": AMINA, "text": "x", "quick_replies": ["Yes"]})

    assert (answer.status_code, evidence(answer)) == (201, "assumed")


@pytest.mark.parametrize(
    ("path", "body", "level"),
    [
        ("broadcasts", {"text": "x"}, "documented"),
        ("fields", {"name": "Due Date", "type": "text"}, "documented"),
        ("messages", {"contact": NOBODY, "text": "x"}, "documented"),
    ],
)
def test_other_refusals_are_as_known_as_their_operation(rapidpro, path, body, level):
    answer = rapidpro.post(path, body)

    assert (answer.status_code, evidence(answer)) == (400, level)


def test_the_gateway_is_known_from_its_source(rapidpro):
    path = "/rapidpro/c/ex/5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01"

    assert evidence(rapidpro.get(f"{path}/receive")) == "observed"
    assert evidence(rapidpro.get(f"{path}/sent", id=NOBODY)) == "assumed"


def test_filter_by_id_of_old_servers_is_told(rapidpro):
    warning = rapidpro.get("flow_starts", id=1).headers["X-Emulator-Warning"]

    assert warning == "flow_starts: the newest server ignores id"
    assert "X-Emulator-Warning" not in rapidpro.get("flow_starts").headers
