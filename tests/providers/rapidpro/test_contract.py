"""What holds of every endpoint: pages have everything once, and workspaces know only their own.

The tables name all endpoints; a test sees to it that none is left out.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, NamedTuple

import pytest

from emulator.app import fixture_library
from emulator.providers.rapidpro import PROVIDER, paging
from emulator.providers.rapidpro.routes import TABLE
from tests.world import World

from .conftest import OTHER, RapidPro
from .people import LAKESIDE, NOBODY

PAGE = 3
#: So many objects of a kind, some of which share their moment.
COUNT = 8


def uuid(kind: int, number: int) -> str:
    return f"c0ffee00-{kind:04d}-4000-8000-{number:012d}"


CONTACT, GROUP, FLOW, CHANNEL = uuid(1, 0), uuid(2, 0), uuid(3, 0), uuid(4, 0)
CAMPAIGN, EVENT, TICKET, TOPIC, LABEL = (uuid(kind, 0) for kind in range(5, 10))
MESSAGE, BROADCAST, START, RUN, USER = (uuid(kind, 0) for kind in range(10, 15))
CLASSIFIER = uuid(15, 0)
MESSAGE_NUMBER, BROADCAST_NUMBER, START_NUMBER, RUN_NUMBER, CALL_NUMBER = range(9001, 9006)
SUBSCRIBER = 9006
URN, OLD = "tel:+254722999000", "2026-05-01T00:00:00Z"
INCOMING = {"contact": CONTACT, "direction": "in", "channel": "Line", "urn": URN}
OUTGOING = {**INCOMING, "direction": "out"}

#: What the objects that fill the lists refer to.
BASE: dict[str, Any] = {
    "users": [{"uuid": USER, "email": "zoe@lakeside.example", "role": "agent", "created_on": OLD}],
    "channels": [{"uuid": CHANNEL, "name": "Line", "type": "external", "address": "+254700900900"}],
    "fields": [{"key": "seen_at", "name": "Seen At", "type": "datetime"}],
    "globals": [{"name": "Motto", "value": "Onward"}],
    "groups": [{"uuid": GROUP, "name": "Crew"}],
    "labels": [{"uuid": LABEL, "name": "Urgent"}],
    "topics": [{"uuid": TOPIC, "name": "Drugs"}],
    "flows": [{"uuid": FLOW, "name": "Intake", "expires": 0}],
    "contacts": [{"uuid": CONTACT, "name": "Zawadi", "urns": [URN], "groups": ["Crew"]}],
    "campaigns": [{"uuid": CAMPAIGN, "name": "Follow-up", "group": "Crew"}],
    "campaign_events": [
        {"uuid": EVENT, "campaign": "Follow-up", "relative_to": "seen_at", "offset": 1}
        | {"unit": "days", "message": {"eng": "Hi"}}
    ],
    "broadcasts": [{"uuid": BROADCAST, "id": BROADCAST_NUMBER, "text": "x", "contacts": [CONTACT]}],
    "messages": [
        {**INCOMING, "uuid": MESSAGE, "id": MESSAGE_NUMBER, "labels": ["Urgent"]},
        {**OUTGOING, "broadcast": BROADCAST, "status": "failed"},
    ],
    "flow_starts": [
        {"uuid": START, "id": START_NUMBER, "flow": "Intake", "contacts": [CONTACT]}
        | {"status": "completed"}
    ],
    "runs": [
        {"uuid": RUN, "id": RUN_NUMBER, "flow": "Intake", "contact": CONTACT}
        | {"exit_type": "completed"}
    ],
    "resthooks": [{"slug": "arrival"}],
    "resthook_subscribers": [
        {"id": SUBSCRIBER, "resthook": "arrival", "target_url": "http://localhost:9/zoe"}
    ],
    "resthook_events": [{"resthook": "arrival", "data": {"n": "base"}}],
    "tickets": [{"uuid": TICKET, "contact": CONTACT, "topic": "Drugs", "status": "closed"}],
    "classifiers": [{"uuid": CLASSIFIER, "name": "Sorter"}],
    "optins": [{"name": "Jokes"}],
    "templates": [{"name": "Greeting"}],
    "channel_events": [
        {"id": CALL_NUMBER, "type": "call-in", "channel": "Line", "contact": CONTACT}
    ],
    "archives": [
        {"type": "run", "period": "daily", "start_date": "2026-01-01", "records": [{"id": 1}]}
    ],
    "boundaries": [{"osm_id": "R1", "name": "Land", "level": 1, "parent": "192798"}],
}


class Listing(NamedTuple):
    """A list: endpoint and query, what fills it, and by what its objects are told apart.

    :param item: the n-th object of a fixture, besides when it was made.
    :param key: dotted path of the value that has ``n`` in it.
    :param moment: the key that the list is ordered by.
    """

    path: str
    query: dict[str, str]
    kind: str
    item: dict[str, Any]
    key: str
    moment: str = "created_on"


def _modified(path: str, kind: str, item: dict[str, Any], key: str, **query: str) -> Listing:
    return Listing(path, query, kind, item, key, "modified_on")


def _created(path: str, kind: str, item: dict[str, Any], key: str, **query: str) -> Listing:
    return Listing(path, query, kind, item, key)


_NAMED = {"name": "N#"}
_RUN: dict[str, Any] = {
    "flow": "Intake",
    "contact": CONTACT,
    "exit_type": "completed",
    "responded": True,
}
_RUN |= {"values": {"n": {"name": "n", "value": "N#", "category": "c", "node": NOBODY}}}
_RUN["values"]["n"]["time"] = OLD
_START = {"flow": "Intake", "contacts": [CONTACT], "status": "completed", "params": {"n": "N#"}}
_EVENT = {**BASE["campaign_events"][0], "message": {"eng": "N#"}}
del _EVENT["uuid"]
_TICKET = {"contact": CONTACT, "status": "closed", "uuid": "c0ffee00-9999-4000-8000-00000000000#"}
_PLACE = {"osm_id": "Z#", "name": "Place", "level": 1, "parent": "192798"}
_CALL = {"type": "call-in", "channel": "Line", "contact": CONTACT}
_SENT = {**OUTGOING, "text": "N#", "status": "sent"}

LISTINGS = (
    Listing("boundaries", {}, "boundaries", _PLACE, "osm_id", ""),
    _created("broadcasts", "broadcasts", {"text": "N#", "contacts": [CONTACT]}, "text.eng"),
    _created("campaigns", "campaigns", {**_NAMED, "group": "Crew"}, "name"),
    _created("campaign_events", "campaign_events", _EVENT, "message.eng"),
    _created("campaign_events", "campaign_events", _EVENT, "message.eng",
             campaign="Follow-up"),
    _created("channels", "channels", {**_NAMED, "type": "external"}, "name"),
    _created("channel_events", "channel_events",
             {**_CALL, "extra": {"n": "N#"}}, "extra.n"),
    _created("classifiers", "classifiers", _NAMED, "name"),
    _modified("contacts", "contacts", _NAMED, "name"),
    _modified("contacts", "contacts", {**_NAMED, "groups": ["Crew"]}, "name", group="Crew"),
    _modified("contacts", "contacts", _NAMED, "name", reverse="1"),
    _created("fields", "fields", {**_NAMED, "type": "text"}, "name"),
    _modified("flow_starts", "flow_starts", _START, "params.n"),
    _modified("flow_starts", "flow_starts", _START, "params.n", reverse="yes"),
    _created("flows", "flows", _NAMED, "name"),
    _created("flows", "flows", {**_NAMED, "type": "voice"}, "name", type="voice"),
    _modified("globals", "globals", {**_NAMED, "value": "x"}, "name"),
    _modified("globals", "globals", {**_NAMED, "value": "x"}, "name", reverse="true"),
    _created("groups", "groups", _NAMED, "name"),
    _created("groups", "groups", _NAMED, "name", manual_only="1"),
    _created("labels", "labels", _NAMED, "name"),
    _created("messages", "messages", {**INCOMING, "text": "N#"}, "text"),
    _created("messages", "messages", {**INCOMING, "text": "N#"}, "text", folder="inbox"),
    _created("messages", "messages", {**INCOMING, "text": "N#", "flow": "Intake"}, "text",
             folder="flows"),
    _created("messages", "messages", {**INCOMING, "text": "N#", "visibility": "archived"}, "text",
             folder="archived"),
    _created("messages", "messages", {**OUTGOING, "text": "N#", "status": "queued"}, "text",
             folder="outbox"),
    _created("messages", "messages", {**OUTGOING, "text": "N#", "status": "failed"}, "text",
             folder="failed"),
    Listing("messages", {"folder": "sent"}, "messages", _SENT, "text", "sent_on"),
    _created("messages", "messages", {**INCOMING, "text": "N#"}, "text", contact=CONTACT),
    _created("messages", "messages", {**INCOMING, "text": "N#", "labels": ["Urgent"]}, "text",
             label="Urgent"),
    _created("messages", "messages", {**_SENT, "broadcast": BROADCAST}, "text",
             broadcast=str(BROADCAST_NUMBER)),
    _created("optins", "optins", _NAMED, "name"),
    _modified("resthooks", "resthooks", {"slug": "n#"}, "resthook"),
    _modified("resthooks", "resthooks", {"slug": "n#"}, "resthook", reverse="y"),
    _created("resthook_events", "resthook_events",
             {"resthook": "arrival", "data": {"n": "N#"}}, "data.n"),
    _created("resthook_events", "resthook_events",
             {"resthook": "arrival", "data": {"n": "N#"}}, "data.n", resthook="arrival"),
    _created("resthook_subscribers", "resthook_subscribers",
             {"resthook": "arrival", "target_url": "http://localhost/N#"}, "target_url"),
    _created("resthook_subscribers", "resthook_subscribers",
             {"resthook": "arrival", "target_url": "http://localhost/N#"}, "target_url",
             resthook="arrival"),
    _modified("runs", "runs", _RUN, "values.n.value"),
    _modified("runs", "runs", _RUN, "values.n.value", flow=FLOW),
    _modified("runs", "runs", _RUN, "values.n.value", contact=CONTACT),
    _modified("runs", "runs", _RUN, "values.n.value", responded="1", reverse="1"),
    _modified("templates", "templates", _NAMED, "name"),
    _modified("tickets", "tickets", _TICKET, "uuid"),
    _modified("tickets", "tickets", _TICKET, "uuid", contact=CONTACT),
    _modified("tickets", "tickets", _TICKET, "uuid", reverse="1"),
    _created("topics", "topics", _NAMED, "name"),
    _created("users", "users", {"email": "n#@lakeside.example", "role": "editor"}, "email"),
    _created("users", "users", {"email": "n#@lakeside.example", "role": "editor"}, "email",
             role="editor"),
)  # fmt: skip


@pytest.fixture
def paged(rapidpro, monkeypatch):
    """The reference workspace with something of every kind, on pages of three."""
    monkeypatch.setattr(paging, "SIZE", PAGE)
    rapidpro.load({**LAKESIDE, **BASE})
    return rapidpro


@pytest.fixture(scope="module")
def shared():
    """The same once for all tests that may change nothing in it."""
    document = fixture_library().read("reference")
    world = World([PROVIDER], [{key: document[key] for key in ("emulator", "clock", "rapidpro")}])
    rapidpro = RapidPro(world)
    rapidpro.load({**LAKESIDE, **BASE})
    yield rapidpro
    world.emulator.close()


def numbered(value: Any, number: int) -> Any:
    """Return what a fixture says, with a number in its texts."""
    if isinstance(value, dict):
        return {key: numbered(part, number) for key, part in value.items()}
    if isinstance(value, list):
        return [numbered(part, number) for part in value]
    return value.replace("#", str(number)) if isinstance(value, str) else value


def add(rapidpro: Any, listing: Listing, numbers: range) -> None:
    """Make objects; each three in a row have their moment in common."""
    items = [numbered(listing.item, number) for number in numbers]
    if listing.moment:
        for number, item in zip(numbers, items, strict=True):
            item[listing.moment] = f"2026-05-06T10:00:0{number // PAGE}Z"
    rapidpro.load({**LAKESIDE, listing.kind: items})


def text_of(value: Any) -> str | None:
    """Return the only text of a fixture's object that has its number in it."""
    if isinstance(value, str):
        return value if "#" in value else None
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((text for part in parts if (text := text_of(part))), None)


def ours(listing: Listing, shown: list[Any]) -> list[int]:
    """Return which of the objects made first are shown, in their order."""
    known = {numbered(text_of(listing.item), number): number for number in range(COUNT)}
    values = [value_at(listing.key, item) for item in shown]
    return [known[value] for value in values if value in known]


def value_at(path: str, value: Any) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def expected(listing: Listing) -> list[int]:
    is_rising = "reverse" in listing.query or not listing.moment
    return list(range(COUNT)) if is_rising else list(range(COUNT - 1, -1, -1))


def title(listing: Listing) -> str:
    return "&".join([listing.path, *(f"{name}={value}" for name, value in listing.query.items())])


def page(rapidpro: Any, path: str, **query: str) -> Any:
    answer = rapidpro.get(path, **query)
    assert answer.status_code == 200, answer.text
    assert len(answer.json["results"]) <= PAGE
    return answer.json


@pytest.mark.parametrize("listing", LISTINGS, ids=title)
def test_pages_have_everything_once_though_more_is_made_meanwhile(paged, listing):
    add(paged, listing, range(COUNT))
    found, answer, made = [], page(paged, listing.path, **listing.query), COUNT

    while True:
        found += answer["results"]
        if made < 10:
            add(paged, listing, range(made, made + 1))
            made += 1
        if answer["next"] is None:
            break
        answer = page(paged, answer["next"])

    assert ours(listing, found) == expected(listing)
    assert len({repr(item) for item in found}) == len(found)


@pytest.mark.parametrize("listing", LISTINGS, ids=title)
def test_pages_have_everything_once_on_the_way_back_too(paged, listing):
    add(paged, listing, range(COUNT))
    answer = page(paged, listing.path, **listing.query)
    while answer["next"]:
        answer = page(paged, answer["next"])
    found, made = answer["results"], COUNT

    while answer["previous"]:
        if made < 10:
            add(paged, listing, range(made, made + 1))
            made += 1
        answer = page(paged, answer["previous"])
        found = answer["results"] + found

    assert ours(listing, found) == expected(listing)
    assert len({repr(item) for item in found}) == len(found)


def test_pages_of_archives_have_everything_once(paged):
    made = [f"2026-02-0{day}" for day in range(1, COUNT)]
    items = [{"type": "run", "period": "daily", "start_date": day, "records": []} for day in made]
    paged.load({**LAKESIDE, "archives": items})
    found, link = [], "/rapidpro/api/v2/archives.json?limit=3&type=run"

    while link:
        answer = paged.get(link).json
        found += [archive["start_date"] for archive in answer["results"]]
        link = answer["next"]

    assert found == [*reversed(made), "2026-01-01"]


def test_every_list_is_paged_here():
    lists = {endpoint.name for endpoint in TABLE.values() if "list" in verbs(endpoint)}

    assert {listing.path for listing in LISTINGS} == lists - {"archives"}


def verbs(endpoint: Any) -> set[str]:
    return {served.verb for served in endpoint.served.values()}


# --- Other workspaces

#: Everything that a list can be asked for by, about the objects of another workspace.
READS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("archives", {}),
    ("boundaries", {}),
    ("broadcasts", {}),
    ("broadcasts", {"uuid": BROADCAST}),
    ("broadcasts", {"id": BROADCAST_NUMBER}),
    ("campaigns", {}),
    ("campaigns", {"uuid": CAMPAIGN}),
    ("campaign_events", {}),
    ("campaign_events", {"uuid": EVENT}),
    ("campaign_events", {"campaign": CAMPAIGN}),
    ("campaign_events", {"campaign": "Follow-up"}),
    ("channels", {}),
    ("channels", {"uuid": CHANNEL}),
    ("channels", {"address": "+254700900900"}),
    ("channel_events", {}),
    ("channel_events", {"id": CALL_NUMBER}),
    ("channel_events", {"contact": CONTACT}),
    ("classifiers", {}),
    ("classifiers", {"uuid": CLASSIFIER}),
    ("contacts", {"uuid": CONTACT}),
    ("contacts", {"urn": URN}),
    ("contacts", {"group": GROUP}),
    ("contacts", {"group": "Crew"}),
    ("contacts", {"deleted": "1"}),
    ("fields", {}),
    ("fields", {"key": "seen_at"}),
    ("flow_starts", {}),
    ("flow_starts", {"uuid": START}),
    ("flow_starts", {"id": START_NUMBER}),
    ("flows", {}),
    ("flows", {"uuid": FLOW}),
    ("globals", {}),
    ("globals", {"key": "motto"}),
    ("groups", {"manual_only": "1"}),
    ("groups", {"uuid": GROUP}),
    ("groups", {"name": "Crew"}),
    ("labels", {}),
    ("labels", {"uuid": LABEL}),
    ("labels", {"name": "Urgent"}),
    ("messages", {}),
    ("messages", {"uuid": MESSAGE}),
    ("messages", {"id": MESSAGE_NUMBER}),
    ("messages", {"contact": CONTACT}),
    ("messages", {"folder": "inbox"}),
    ("messages", {"label": LABEL}),
    ("messages", {"label": "Urgent"}),
    ("messages", {"broadcast": BROADCAST_NUMBER}),
    ("optins", {}),
    ("resthooks", {}),
    ("resthook_events", {}),
    ("resthook_events", {"resthook": "arrival"}),
    ("resthook_subscribers", {}),
    ("resthook_subscribers", {"id": SUBSCRIBER}),
    ("resthook_subscribers", {"resthook": "arrival"}),
    ("runs", {}),
    ("runs", {"uuid": RUN}),
    ("runs", {"id": RUN_NUMBER}),
    ("runs", {"flow": FLOW}),
    ("runs", {"contact": CONTACT}),
    ("statistics", {}),
    ("templates", {}),
    ("tickets", {}),
    ("tickets", {"uuid": TICKET}),
    ("tickets", {"contact": CONTACT}),
    ("users", {"uuid": USER}),
    ("users", {"email": "zoe@lakeside.example"}),
    ("users", {"role": "agent"}),
)
#: Lists that the other workspace has something of its own in.
NEVER_EMPTY = {"contacts", "groups", "topics", "users"}
#: What else is read: one object each, or none.
NO_LISTS = {"", "definitions", "org", "workspace"}

#: Method, endpoint and query of what would change an object; its body would be right.
CHANGES: tuple[tuple[str, str, dict[str, Any], Any], ...] = (
    ("POST", "broadcasts", {"uuid": BROADCAST}, {"text": "x", "urns": ["tel:+12025550199"]}),
    ("POST", "campaigns", {"uuid": CAMPAIGN}, {"name": "Mine", "group": "Own"}),
    ("POST", "campaign_events", {"uuid": EVENT}, {}),
    ("DELETE", "campaign_events", {"uuid": EVENT}, None),
    ("POST", "contacts", {"uuid": CONTACT}, {"name": "Mine"}),
    ("DELETE", "contacts", {"uuid": CONTACT}, None),
    ("DELETE", "contacts", {"urn": URN}, None),
    ("POST", "fields", {"key": "seen_at"}, {"name": "Mine", "type": "text"}),
    ("POST", "flow_starts", {"uuid": START}, {}),
    ("POST", "globals", {"key": "motto"}, {"value": "Mine"}),
    ("POST", "groups", {"uuid": GROUP}, {"name": "Mine"}),
    ("DELETE", "groups", {"uuid": GROUP}, None),
    ("POST", "labels", {"uuid": LABEL}, {"name": "Mine"}),
    ("DELETE", "labels", {"uuid": LABEL}, None),
    ("POST", "messages", {"uuid": MESSAGE}, {"contact": "tel:+12025550199", "text": "x"}),
    ("POST", "resthook_subscribers", {"id": SUBSCRIBER}, {}),
    ("DELETE", "resthook_subscribers", {"id": SUBSCRIBER}, None),
    ("POST", "topics", {"uuid": TOPIC}, {"name": "Mine"}),
)

_CONTACTS = ["tel:+12025550199"]
_OWN_EVENT = {"offset": 1, "unit": "days", "delivery_hour": 9, "relative_to": "created_on"}
_OWN_EVENT |= {"campaign": "#own", "message": {"eng": "x"}}
#: Bodies that refer to an object; what they say besides is right. Then the answer.
REFERENCES: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("broadcasts", {"text": "x", "contacts": [CONTACT]}, {"contacts": CONTACT}),
    ("broadcasts", {"text": "x", "contacts": [URN]}, {"contacts": URN}),
    ("broadcasts", {"text": "x", "groups": [GROUP]}, {"groups": GROUP}),
    ("broadcasts", {"text": "x", "groups": ["Crew"]}, {"groups": "Crew"}),
    ("campaigns", {"name": "Mine", "group": GROUP}, {"group": GROUP}),
    ("campaigns", {"name": "Mine", "group": "Crew"}, {"group": "Crew"}),
    ("campaign_events", {**_OWN_EVENT, "campaign": CAMPAIGN}, {"campaign": CAMPAIGN}),
    ("campaign_events", {**_OWN_EVENT, "relative_to": "seen_at"}, {"relative_to": "seen_at"}),
    ("campaign_events", {**_OWN_EVENT, "flow": FLOW}, {"flow": FLOW}),
    ("contacts", {"groups": [GROUP]}, {"groups": GROUP}),
    ("contact_actions", {"contacts": [CONTACT], "action": "block"}, {"contacts": CONTACT}),
    ("contact_actions", {"contacts": [URN], "action": "delete"}, {"contacts": URN}),
    (
        "contact_actions",
        {"contacts": _CONTACTS, "action": "add", "group": "Crew"},
        {"group": "Crew"},
    ),
    ("flow_starts", {"flow": FLOW, "contacts": _CONTACTS}, {"flow": FLOW}),
    ("messages", {"contact": CONTACT, "text": "x"}, {"contact": CONTACT}),
    ("messages", {"contact": URN, "text": "x"}, {"contact": URN}),
    ("message_actions", {"messages": [], "action": "label", "label": LABEL}, {"label": LABEL}),
    (
        "message_actions",
        {"messages": [], "action": "label", "label": "Urgent"},
        {"label": "Urgent"},
    ),
    ("ticket_actions", {"tickets": [TICKET], "action": "reopen"}, {"tickets": TICKET}),
    (
        "ticket_actions",
        {"tickets": [], "action": "assign", "assignee": "zoe@lakeside.example"},
        {"assignee": "zoe@lakeside.example"},
    ),
    ("ticket_actions", {"tickets": [], "action": "change_topic", "topic": TOPIC}, {"topic": TOPIC}),
)
#: What refers to objects of no workspace, or has a test of its own.
MAKERS = {"fields", "globals", "groups", "labels", "media", "optins", "topics"}
APART = {"resthook_subscribers"}


@pytest.fixture(scope="module")
def stranger(shared):
    """A member of another workspace, which has a group and a campaign of its own."""
    other = shared.as_(OTHER)
    assert other.post("groups", {"name": "Own"}).status_code == 201
    assert other.post("campaigns", {"name": "Own", "group": "Own"}).status_code == 201
    return other


def everything(rapidpro: Any) -> list[Any]:
    """Return all that a workspace shows."""
    return [
        rapidpro.items(path) if path != "statistics" else rapidpro.get(path).json
        for path in sorted({path for path, _ in READS} | {"topics"})
    ]


@pytest.mark.parametrize(("path", "query"), READS)
def test_lists_know_nothing_of_another_workspace(shared, path, query):
    own = shared.get(path, **query).json["results"]
    foreign = shared.as_(OTHER).get(path, **query)

    assert own or query == {"deleted": "1"}
    assert (foreign.status_code, foreign.json["results"]) == (200, [])


@pytest.mark.parametrize("path", sorted(NEVER_EMPTY))
def test_lists_with_something_share_nothing(shared, path):
    own = {item["uuid"] for item in shared.items(path)}
    foreign = {item["uuid"] for item in shared.as_(OTHER).items(path)}

    assert own
    assert foreign
    assert not own & foreign


def test_definitions_leave_out_what_is_another_workspaces(shared):
    found = shared.as_(OTHER).get("definitions", flow=FLOW, campaign=CAMPAIGN).json

    assert (found["flows"], found["campaigns"]) == ([], [])
    assert shared.get("definitions", flow=FLOW, campaign=CAMPAIGN).json["flows"]


@pytest.mark.parametrize(("method", "path", "query", "body"), CHANGES)
def test_nothing_of_another_workspace_can_be_changed(stranger, shared, method, path, query, body):
    before = everything(shared)

    answer = stranger.call(method, path, body, query=query)

    assert answer.status_code == 404, answer.text
    assert everything(shared) == before


@pytest.mark.parametrize(("path", "body", "refused"), REFERENCES)
def test_nothing_of_another_workspace_can_be_referred_to(stranger, shared, path, body, refused):
    before = everything(shared)
    if body.get("campaign") == "#own":
        body = {**body, "campaign": stranger.one("campaigns")["uuid"]}

    answer = stranger.post(path, body)

    errors = {field: [f"No such object: {value}"] for field, value in refused.items()}
    assert (answer.status_code, answer.json) == (400, errors)
    assert everything(shared) == before


def test_a_contact_field_of_another_workspace_is_none(stranger):
    answer = stranger.post("contacts", {"fields": {"seen_at": "x"}})

    assert answer.json == {"fields": ["Invalid contact field key: seen_at"]}


def test_a_resthook_of_another_workspace_is_none(stranger):
    body = {"resthook": "arrival", "target_url": "http://localhost:9/zoe"}

    assert stranger.post("resthook_subscribers", body).json == {
        "resthook": ["No resthook with slug: arrival"]
    }


def test_messages_of_another_workspace_are_failures(stranger, shared):
    before = everything(shared)
    body = {"messages": [MESSAGE_NUMBER], "action": "delete"}

    assert stranger.post("message_actions", body).json == {"failures": [MESSAGE_NUMBER]}
    assert everything(shared) == before


def test_an_upload_of_another_workspace_is_none(stranger, shared):
    file = (BytesIO(b"x"), "a.png", "image/png")
    kept = shared.call("POST", "media", data={"file": file}).json

    for named in (kept["uuid"], f"image/png:{kept['url']}"):
        body = {"contact": "tel:+12025550199", "attachments": [named]}
        answer = stranger.post("messages", body)
        assert answer.json == {"attachments": [f"No such object: {named}"]}


def test_an_address_of_another_workspace_is_free(stranger, shared):
    answer = stranger.post("contacts", {"name": "Mine"}, urn=URN)

    assert (answer.status_code, answer.json["urns"]) == (201, [URN])
    assert shared.one("contacts", urn=URN)["name"] == "Zawadi"


def test_the_tables_name_every_endpoint():
    reading = {name for name, endpoint in TABLE.items() if "GET" in endpoint.served}
    looking = {name for name, endpoint in TABLE.items() if endpoint.lookups}
    writing = {name for name, endpoint in TABLE.items() if "POST" in endpoint.served}

    assert {path for path, _ in READS} | {"topics"} == reading - NO_LISTS
    assert {path for _, path, _, _ in CHANGES} == looking
    assert {path for path, _, _ in REFERENCES} | MAKERS | APART == writing
