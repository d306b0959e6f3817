"""Calls of resthooks that a tester asks for."""

from __future__ import annotations

import json

import pytest

from emulator.core.errors import Invalid, NotFound
from emulator.providers.rapidpro.triggering import trigger

from .flowing import enter, make_flow
from .people import AMINA, BAKARI, MOTHERS, NOBODY
from .steering import inbound


def call(rapidpro, slug="new-visit", about=None, **data):
    """Call a resthook; return the payload that was recorded."""
    with rapidpro.world.sandbox.unit():
        trigger(rapidpro.world.sandbox, slug, about, data)
    rapidpro.advance(0)
    return rapidpro.items("resthook_events")[0]["data"]


def test_call_about_a_run_says_what_the_run_would(rapidpro):
    flow = make_flow(rapidpro, "Ask", {"wait": True, "resthooks": ["new-visit"]})
    enter(rapidpro, flow, BAKARI)
    inbound(rapidpro, "+254722000222", "Yes")
    (said,) = [event["data"] for event in rapidpro.items("resthook_events")]

    assert call(rapidpro, about=rapidpro.one("runs")["uuid"]) == said


def test_call_about_a_contact_draws_the_run(rapidpro):
    first = call(rapidpro, about=AMINA, flow={"name": "Elsewhere"})
    second = call(rapidpro, about=AMINA)

    assert first["contact"]["name"] == "Amina Yusuf"
    assert first["channel"]["name"] == "Lakeside SMS"
    assert (first["flow"], first["input"]) == ({"name": "Elsewhere"}, None)
    assert first["run"]["uuid"] != second["run"]["uuid"]


def test_call_about_nobody_draws_a_contact(rapidpro):
    known = {contact["uuid"] for contact in rapidpro.items("contacts")}

    assert call(rapidpro)["contact"]["uuid"] in known


def test_subscribers_are_called_with_given_parts(rapidpro):
    body = {"resthook": "new-visit", "target_url": "http://127.0.0.1:9/x"}
    rapidpro.post("resthook_subscribers", body)

    said = call(rapidpro, about=BAKARI, results={"a": {"value": "1"}})

    (parcel,) = rapidpro.world.sender.sent
    assert json.loads(parcel.body) == said
    assert said["results"] == {"a": {"value": "1"}}


@pytest.mark.parametrize("about", [NOBODY, MOTHERS])
def test_unknown_subject_is_not_found(rapidpro, about):
    with pytest.raises(NotFound):
        call(rapidpro, about=about)


@pytest.mark.parametrize("about", [None, AMINA])
def test_unknown_resthook_is_refused_with_a_suggestion(rapidpro, about):
    with pytest.raises(Invalid) as caught:
        call(rapidpro, "new-vist", about=about)

    (problem,) = caught.value.problems
    assert (problem.pointer, problem.suggestion) == ("/event", "new-visit")
