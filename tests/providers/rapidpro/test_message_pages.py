"""Messages and runs that are asked for again are kept; what is kept must never be outdated."""

from __future__ import annotations

import pytest

from .people import AMINA, LAKESIDE
from .steering import push, steer, until_idle

NUMBER = 900
RECEIVED = {
    "id": NUMBER,
    "contact": AMINA,
    "direction": "in",
    "status": "handled",
    "text": "Yes",
    "flow": "Survey",
    "labels": ["Praise"],
}
RUN = "396af235-7248-45a5-af74-f3f89b95fc69"


@pytest.fixture
def desk(rapidpro):
    """Return a driver of a workspace with a labelled message that belongs to a run."""
    run = {"uuid": RUN, "flow": "Survey", "contact": AMINA, "exit_type": "completed"}
    rapidpro.load({**LAKESIDE, "messages": [RECEIVED], "runs": [run]})
    return rapidpro


def act(action, **more):
    body = {"messages": [NUMBER], "action": action, **more}
    return lambda desk: desk.post("message_actions", body)


def label(desk):
    return desk.one("labels", name="Praise")["uuid"]


def rename(kind):
    """Return a change of the name of what the message refers to."""

    def change(desk):
        shown = desk.one("messages", id=NUMBER)[kind]
        desk.load({**LAKESIDE, f"{kind}s": [{**shown, "name": "Another name"}]})

    return change


def hide(desk):
    steer(desk, "PATCH", f"accounts/rapidpro/{LAKESIDE['uuid']}", {"anon": True})


MESSAGE_CHANGES = {
    "contact renamed": lambda desk: desk.post("contacts", {"name": "Amina Y."}, uuid=AMINA),
    "label renamed": lambda desk: desk.post("labels", {"name": "Thanks"}, uuid=label(desk)),
    "label deleted": lambda desk: desk.delete("labels", uuid=label(desk)),
    "label put on": act("label", label_name="Urgent"),
    "label taken off": act("unlabel", label="Praise"),
    "archived": act("archive"),
    "channel renamed": rename("channel"),
    "flow renamed": rename("flow"),
    "hidden addresses": hide,
}
RUN_CHANGES = {
    name: MESSAGE_CHANGES[name] for name in ("contact renamed", "flow renamed", "hidden addresses")
}


def on_page(desk, kind, number):
    """Return an object of a page that is asked for until it is kept."""
    pages = [desk.items(kind, contact=AMINA) for _ in range(3)]
    assert pages[0] == pages[1] == pages[2]
    [found] = [item for item in pages[0] if item["id"] == number]
    return found


@pytest.mark.parametrize("what", MESSAGE_CHANGES)
def test_a_page_of_messages_shows_what_has_changed(desk, what):
    before = on_page(desk, "messages", NUMBER)

    MESSAGE_CHANGES[what](desk)

    shown = desk.items("messages", contact=AMINA) + desk.items("messages", folder="archived")
    [now] = [item for item in shown if item["id"] == NUMBER][:1]
    assert now != before
    assert now == steer(desk, "GET", f"messages/{now['uuid']}").json["native"]


@pytest.mark.parametrize("what", RUN_CHANGES)
def test_a_page_of_runs_shows_what_has_changed(desk, what):
    number = desk.one("runs", uuid=RUN)["id"]
    before = on_page(desk, "runs", number)

    RUN_CHANGES[what](desk)

    assert on_page(desk, "runs", number) == desk.one("runs", uuid=RUN) != before


def test_a_page_of_runs_without_paths_is_not_the_one_that_is_kept(desk):
    for _ in range(3):
        assert desk.items("runs")[0]["path"] is not None

    assert desk.items("runs", paths="false")[0]["path"] is None


def test_a_message_on_its_way_is_shown_where_it_stands(desk):
    made = desk.post("messages", {"contact": AMINA, "text": "Hello"}).json
    seen = [on_page(desk, "messages", made["id"])["status"]]
    until_idle(desk)
    seen.append(on_page(desk, "messages", made["id"])["status"])
    push(desk, made["uuid"], "read")
    seen.append(on_page(desk, "messages", made["id"])["status"])

    assert seen == ["queued", "delivered", "read"]


def test_what_is_undone_is_not_shown(desk):
    before = on_page(desk, "messages", NUMBER)
    seen = []

    def fail():
        with desk.world.sandbox.store.unit():
            desk.load({**LAKESIDE, "contacts": [{"uuid": AMINA, "name": "Nobody"}]})
            seen.append(on_page(desk, "messages", NUMBER)["contact"]["name"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert seen == ["Nobody"]
    assert on_page(desk, "messages", NUMBER) == before
