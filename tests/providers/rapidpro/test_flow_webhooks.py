"""URLs that flows call by themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .flowing import LANGUAGE, enter, make_flow
from .people import AMINA, BAKARI
from .steering import steer

URL = "https://api.example.org/lookup"
FIXED = {
    "User-Agent": "Mailroom/26.3",
    "X-Mailroom-Mode": "normal",
    "Accept-Encoding": "gzip",
}


def call(rapidpro, contact=BAKARI, **webhook):
    """Let a contact enter a flow that calls a URL; return what was sent."""
    simulate: dict[str, Any] = {
        "results": {"language_choice": {"value": "2", "category": "Swahili"}}
    }
    simulate["webhooks"] = [{"url": URL, **webhook}]
    enter(rapidpro, make_flow(rapidpro, "Calling", simulate, results=[LANGUAGE]), contact)
    (parcel,) = rapidpro.world.sender.sent
    return parcel


def test_usual_call(rapidpro):
    parcel = call(rapidpro)

    assert (parcel.method, parcel.url) == ("POST", URL)
    assert dict(parcel.headers) == FIXED | {
        "Accept": "application/json",
        "Content-Type": "application/json",
    }
    run = rapidpro.one("runs")
    assert json.loads(parcel.body) == {
        "contact": {"uuid": BAKARI, "name": "Bakari Mwangi", "urn": "tel:+254722000222"},
        "flow": run["flow"],
        "results": {"language_choice": {"value": "2", "category": "Swahili"}},
    }


def test_everything_can_name_the_contact(rapidpro):
    parcel = call(
        rapidpro,
        AMINA,
        url=URL + "?id=@contact.uuid",
        method="PUT",
        headers={"X-Name": "@contact.first_name", "Accept": "text/plain"},
        body={"name": "@contact.first_name", "list": ["@fields.village", 1]},
    )

    assert (parcel.method, parcel.url) == ("PUT", f"{URL}?id={AMINA}")
    headers = dict(parcel.headers)
    assert (headers["X-Name"], headers["Accept"]) == ("Amina", "text/plain")
    assert json.loads(parcel.body) == {"name": "Amina", "list": ["Eastpoint", 1]}


def test_own_headers_stand_alone_however_they_are_spelled(rapidpro):
    own = {"accept": "text/plain", "CONTENT-TYPE": "text/csv", "user-agent": "Clinic"}

    parcel = call(rapidpro, headers=own, body="a,b")

    kept = {name: FIXED[name] for name in ("X-Mailroom-Mode", "Accept-Encoding")}
    assert sorted(parcel.headers) == sorted((own | kept).items())


def test_body_may_be_a_text(rapidpro):
    assert call(rapidpro, body="Hello @contact.first_name").body == b"Hello Bakari"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_call_without_body(rapidpro, method):
    parcel = call(rapidpro, method=method)

    assert (parcel.method, parcel.body) == (method, b"")
    assert "Content-Type" not in dict(parcel.headers)


@pytest.mark.parametrize(
    ("answer", "value", "category"),
    [
        (200, "200", "Success"),
        (410, "410", "Failure"),
        (503, "503", "Failure"),
        ("refused", "0", "Failure"),
    ],
)
def test_what_becomes_of_a_call_is_a_result(rapidpro, answer, value, category):
    rapidpro.world.sender.script = [answer]

    call(rapidpro, result="lookup")
    rapidpro.advance(3600)

    run = rapidpro.one("runs")
    assert run["exit_type"] == "completed"
    result = run["values"]["lookup"]
    assert (result["name"], result["value"], result["category"]) == ("Lookup", value, category)
    assert len(rapidpro.world.sender.sent) == 1


def test_call_without_result_leaves_no_trace_in_the_run(rapidpro):
    call(rapidpro)

    assert list(rapidpro.one("runs")["values"]) == ["language_choice"]


def test_testers_see_the_call(rapidpro):
    call(rapidpro, result="lookup")

    (callback,) = steer(rapidpro, "GET", "callbacks").json["items"]
    run = rapidpro.one("runs")
    assert (callback["event"], callback["subject"]) == ("webhook:lookup", run["uuid"])
    assert callback["endpoint"] == run["flow"]["uuid"]


@pytest.mark.parametrize(
    ("webhook", "pointer"),
    [
        ({}, "/webhooks/0/url"),
        ({"url": URL, "method": "FETCH"}, "/webhooks/0/method"),
        ({"url": URL, "headers": {"A": 1}}, "/webhooks/0/headers/A"),
        ({"url": URL, "headers": {str(n): "x" for n in range(11)}}, "/webhooks/0/headers"),
        ({"url": URL, "body": 5}, "/webhooks/0/body"),
        ({"url": URL, "colour": "red"}, "/webhooks/0/colour"),
    ],
)
def test_mistakes_in_a_fixture_are_pointed_out(rapidpro, webhook, pointer):
    flow = {"name": "Calling", "simulate": {"webhooks": [webhook]}}
    workspace = {"name": "Lakeside Health", "flows": [flow]}

    answer = steer(
        rapidpro, "POST", "fixtures", {"emulator": 1, "rapidpro": {"workspaces": [workspace]}}
    )

    assert answer.status_code == 422
    found = [error["pointer"] for error in answer.json["errors"]]
    assert any(place.endswith(pointer) for place in found), found
