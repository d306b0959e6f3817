"""Calls of resthooks that a tester asks for."""

from __future__ import annotations

import json

import pytest

from .flowing import enter, make_flow
from .people import AMINA, BAKARI, MOTHERS, NOBODY
from .steering import inbound, steer

ALL = {"provider": "rapidpro", "url": "http://127.0.0.1:9/x"}


def ask(rapidpro, event="new-visit", **more):
    """Ask for a call; return the answer."""
    wanted = {"provider": "rapidpro", "event": event, **more}
    return steer(rapidpro, "POST", "callbacks/trigger", wanted)


@pytest.fixture
def listened(rapidpro):
    """Return a driver of a workspace of which somebody hears everything."""
    assert steer(rapidpro, "POST", "endpoints", ALL).status_code == 201
    return rapidpro


def call(rapidpro, about=None, **data):
    """Call the resthook; return the payload that was recorded."""
    answer = ask(rapidpro, data=data, **({} if about is None else {"about": about}))
    assert answer.status_code == 201, answer.text
    return rapidpro.items("resthook_events")[0]["data"]


def test_call_about_a_run_says_what_the_run_would(listened):
    rapidpro = listened
    flow = make_flow(rapidpro, "Ask", {"wait": True, "resthooks": ["new-visit"]})
    enter(rapidpro, flow, BAKARI)
    inbound(rapidpro, "+254722000222", "Yes")
    (said,) = [event["data"] for event in rapidpro.items("resthook_events")]

    assert call(rapidpro, about=rapidpro.one("runs")["uuid"]) == said


def test_call_about_a_contact_draws_the_run(listened):
    first = call(listened, about=AMINA, flow={"name": "Elsewhere"})
    second = call(listened, about=AMINA)

    assert first["contact"]["name"] == "Amina Yusuf"
    assert first["channel"]["name"] == "Lakeside SMS"
    assert (first["flow"], first["input"]) == ({"name": "Elsewhere"}, None)
    assert first["run"]["uuid"] != second["run"]["uuid"]


def test_call_about_nobody_draws_a_contact(listened):
    known = {contact["uuid"] for contact in listened.items("contacts")}

    assert call(listened)["contact"]["uuid"] in known


def test_call_in_a_workspace_without_contacts_is_about_nobody(listened):
    user = {"email": "o@empty.example", "role": "administrator", "tokens": ["empty_token"]}
    listened.load({"name": "Empty", "users": [user], "resthooks": [{"slug": "quiet"}]})

    assert ask(listened, "quiet").status_code == 201

    said = listened.as_("empty_token").one("resthook_events")["data"]
    assert (said["contact"], said["channel"]) == (None, None)


def test_subscribers_are_called_with_given_parts(rapidpro):
    body = {"resthook": "new-visit", "target_url": "http://127.0.0.1:9/x"}
    subscriber = rapidpro.post("resthook_subscribers", body).json

    answer = ask(rapidpro, about=BAKARI, data={"results": {"a": {"value": "1"}}, "extra": 1})

    (callback,) = answer.json["items"]
    (parcel,) = rapidpro.world.sender.sent
    said = json.loads(parcel.body)
    assert (callback["event"], callback["endpoint"]) == ("new-visit", str(subscriber["id"]))
    assert callback["subject"] == said["run"]["uuid"]
    assert (said["results"], said["extra"]) == ({"a": {"value": "1"}}, 1)
    assert list(said) == sorted(said)


@pytest.mark.parametrize("about", [NOBODY, MOTHERS])
def test_unknown_subject_is_refused(listened, about):
    answer = ask(listened, about=about)

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/about")


@pytest.mark.parametrize("about", [{}, {"about": AMINA}])
def test_unknown_resthook_is_refused_with_a_suggestion(listened, about):
    answer = ask(listened, "new-vist", **about)

    assert answer.status_code == 422
    (problem,) = answer.json["errors"]
    assert (problem["pointer"], problem["suggestion"]) == ("/event", "new-visit")


def test_call_that_nobody_listens_to_is_on_record(rapidpro):
    before = rapidpro.items("resthook_events")

    answer = ask(rapidpro)

    assert (answer.status_code, answer.json["items"]) == (201, [])
    newest, *earlier = rapidpro.items("resthook_events")
    assert (newest["resthook"], earlier) == ("new-visit", before)
