"""What the OpenAPI document says of answers, compared with answers of every operation."""

import io
import re

import pytest
from jsonschema import Draft202012Validator

from .flowing import LANGUAGE
from .people import (
    AMINA,
    AMINAS_NUMBER,
    BAKARI,
    BAKARIS_NUMBER,
    LAKESIDE,
    MASKED,
    MAX,
    MOTHERS,
    NOBODY,
)

LINE = "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01"
NODE = LANGUAGE["node_uuids"][0]
PAST = "2026-05-01T08:00:00Z"
VALUE = {"name": "Language Choice", "value": "2", "category": "Swahili", "node": NODE, "time": PAST}
EDNA = "edna@lakeside.example"
PERIOD = {"type": "message", "period": "daily"}
MORE = {
    **LAKESIDE,
    "teams": [{"name": "Desk", "topics": ["Billing"]}],
    "users": [{"email": "asha@lakeside.example", "team": "Desk"}],
    "channels": [
        {"name": "Phone", "type": "android", "address": "+254700100300", "last_seen": PAST}
    ],
    "classifiers": [{"name": "Triage", "type": "wit", "intents": ["book", "ask"]}],
    "optins": [{"name": "Offers"}],
    "templates": [
        {"name": "visit", "translations": [{"language": "eng", "channel": "Lakeside Bot"}]},
        {"name": "none"},
    ],
    "channel_events": [
        {"type": "call-in", "channel": "Lakeside SMS", "contact": AMINA, "extra": {"duration": 3}},
        {"type": "optin", "channel": "Lakeside SMS", "contact": BAKARI},
    ],
    "flow_labels": [{"name": "Season"}],
    "flows": [
        {"name": "Season", "labels": ["Season"], "parent_refs": ["a"], "results": [LANGUAGE]},
        {"name": "Waits", "simulate": {"messages": ["Hi"], "wait": True}},
    ],
    "contacts": [
        {"uuid": AMINA, "notes": [{"text": "Calls back", "created_by": EDNA, "created_on": PAST}]},
        {"uuid": BAKARI, "urns": ["mailto:bakari@x.test", BAKARIS_NUMBER]},
    ],
    "broadcasts": [{"text": "Season starts", "contacts": [AMINA], "status": "completed"}],
    "flow_starts": [
        {"flow": "Season", "contacts": [AMINA], "groups": ["Mothers"]},
        {"flow": "Season", "urns": [BAKARIS_NUMBER], "type": "manual"},
    ],
    "runs": [
        {
            "flow": "Season",
            "contact": AMINA,
            "responded": True,
            "path": [{"node": NODE, "time": PAST}],
            "values": {"language_choice": {**VALUE, "input": "2"}},
            "exit_type": "completed",
            "exited_on": PAST,
        },
        {"flow": "Season", "contact": BAKARI},
    ],
    "triggers": [{"flow": "Season", "keywords": ["join"], "groups": ["Mothers"]}],
    "campaign_events": [
        {
            "campaign": "Visit reminders",
            "relative_to": "created_on",
            "offset": 90,
            "unit": "days",
            "flow": "Season",
        }
    ],
    "boundaries": [{"osm_id": "192798", "geometry": {"type": "MultiPolygon", "coordinates": []}}],
    "globals": [{"name": "Hours", "value": "9 to 5"}],
    "resthooks": [{"slug": "new-visit"}, {"slug": "old-visit"}],
    "resthook_subscribers": [{"resthook": "old-visit", "target_url": "https://x.test/"}],
    "resthook_events": [{"resthook": "new-visit", "data": {"run": {"uuid": NOBODY}}}],
    "tickets": [
        {
            "contact": AMINA,
            "status": "closed",
            "assignee": EDNA,
            "opened_by": EDNA,
            "opened_in": "Season",
            "closed_on": PAST,
        }
    ],
    "archives": [{**PERIOD, "start_date": "2026-05-01", "record_count": 0, "hash": None}],
}
HIDDEN = {
    **MASKED,
    "flows": [{"name": "Hidden"}],
    "runs": [{"flow": "Hidden", "contact": MAX}],
    "messages": [{"contact": MAX, "direction": "in", "text": "Hi"}],
}
TARGET = {"resthook": "new-visit", "target_url": "https://crm.example.org/visit"}
EVENT = {"relative_to": "due_date", "offset": 1, "unit": "days", "delivery_hour": -1}
OWNED = {"note": "x", "fields": {"village": "A", "children": 3}, "groups": [MOTHERS]}
REPLY = {"type": "url", "text": "More", "extra": "https://x.test"}
SAID = {"contact": AMINA, "text": "Hi", "quick_replies": ["OK", REPLY]}
# In queries and bodies, {} is the id in the answer before.
ASKED = [
    *(
        ("GET", f"{name}.json", None)
        for name in (
            *("archives", "boundaries", "campaign_events", "channel_events", "channels"),
            *("classifiers", "definitions", "flow_starts", "flows", "optins", "resthook_events"),
            *("resthooks", "statistics", "templates", "tickets", "users", "workspace", "org"),
        )
    ),
    ("GET", "", None),
    ("GET", ".json", None),
    ("GET", "runs.json", None),
    ("GET", "runs.json?paths=0", None),
    ("GET", "runs.json?contact=" + AMINA, None),
    ("GET", "contacts.json", None),
    ("GET", "contacts.json?expand_urns=1", None),
    ("POST", "contacts.json", {"name": "Zed", "urns": ["tel:0722 111 222"]}),
    ("POST", "contacts.json?uuid={}&expand_urns=1", OWNED),
    ("DELETE", "contacts.json?uuid={}", None),
    ("GET", "contacts.json?deleted=1", None),
    ("POST", "contact_actions.json", {"contacts": [BAKARI], "action": "block"}),
    *(
        call
        for name in ("groups", "labels", "topics")
        for call in (
            ("POST", f"{name}.json", {"name": "Mine"}),
            ("POST", f"{name}.json?uuid={{}}", {"name": "Yours"}),
            ("GET", f"{name}.json", None),
            *(() if name == "topics" else (("DELETE", f"{name}.json?uuid={{}}", None),)),
        )
    ),
    ("POST", "optins.json", {"name": "Mine"}),
    ("POST", "globals.json", {"name": "Mine", "value": "1"}),
    ("POST", "globals.json?key=mine", {"value": "2"}),
    ("GET", "globals.json", None),
    ("POST", "fields.json", {"name": "Mine", "type": "number"}),
    ("POST", "fields.json?key=mine", {"label": "Yours", "value_type": "text"}),
    ("GET", "fields.json", None),
    ("POST", "campaigns.json", {"name": "Mine", "group": "Staff"}),
    ("POST", "campaigns.json?uuid={}", {"name": "Yours", "group": "Mothers"}),
    ("POST", "campaign_events.json", {"campaign": "{}", **EVENT, "message": "Hello"}),
    ("GET", "campaigns.json", None),
    ("GET", "campaign_events.json?campaign=Yours", None),
    ("DELETE", "campaign_events.json?uuid={}", None),
    ("POST", "broadcasts.json", {"urns": [AMINAS_NUMBER], "groups": [MOTHERS], "text": "Hi"}),
    ("GET", "broadcasts.json", None),
    ("POST", "messages.json", SAID),
    ("POST", "message_actions.json", {"messages": ["{}"], "action": "archive"}),
    ("GET", "messages.json", None),
    ("POST", "resthook_subscribers.json", TARGET),
    ("GET", "resthook_subscribers.json", None),
    ("DELETE", "resthook_subscribers.json?id={}", None),
    ("POST", "ticket_actions.json", {"tickets": [], "action": "close"}),
]


@pytest.fixture
def full(rapidpro):
    """Return a driver of a workspace that has something of every kind."""
    rapidpro.load(MORE, HIDDEN)
    return rapidpro


def document(rapidpro):
    """Return the document, made so strict that objects hold nothing it does not name."""
    found = rapidpro.world.call("GET", "/_emulator/openapi/rapidpro.json").get_json()
    for schema in found["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return found


def filled(body, id):
    """Return a body in which {} is an id."""
    if isinstance(body, dict):
        return {name: filled(value, id) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, id) for value in body]
    return id if body == "{}" else body


def id_in(value, otherwise):
    """Return the id of an object, or of the first one of a list."""
    if isinstance(value, dict) and value.get("results"):
        value = value["results"][0]
    return str(value.get("uuid") or value.get("id") or otherwise) if value else otherwise


class Reader:
    """Holds answers against the document, and remembers which operations it has seen."""

    def __init__(self, found):
        self.found = found
        self.compared = set()

    def read(self, method, place, answer):
        """Return what an answer holds, which has to be what the document says."""
        told = self.found["paths"][place][method.lower()]["responses"]
        assert answer.status_code < 300, (place, answer.text)
        content = told[str(answer.status_code)].get("content", {})
        if answer.is_json and answer.data:
            schema = content["application/json"]["schema"]
            assert schema, place
            Draft202012Validator({**schema, **self.found}).validate(answer.get_json())
        else:
            assert content.keys() <= {"*/*"}, place
        self.compared.add((method.lower(), place))
        return answer.get_json() if answer.is_json and answer.data else None


@pytest.fixture
def reader(full):
    return Reader(document(full))


def test_every_answer_holds_what_the_document_says(full, reader):
    start = {"flow": uuid_of(full, "flows", "Waits"), "contacts": [AMINA], "params": {"a": 1}}
    id = reader.read("POST", "/api/v2/flow_starts.json", full.post("flow_starts", start))["uuid"]
    for method, path, body in ASKED:
        address = f"/rapidpro/api/v2/{path.replace('{}', id)}"
        answer = full.call(method, address, filled(body, id))

        value = reader.read(method, "/api/v2/" + path.partition("?")[0], answer)
        assert method != "GET" or (value and value.get("results") != []), path
        id = id_in(value, id)
        full.advance(1)
    read_campaign_change(full, reader)
    read_files(full, reader)
    read_gateway(full, reader)
    read_the_rest(full, reader)

    named = {
        (method, path)
        for path, methods in reader.found["paths"].items()
        for method in methods
        if method != "parameters"
    }
    assert reader.compared == named


def uuid_of(rapidpro, endpoint, name):
    return next(item["uuid"] for item in rapidpro.items(endpoint) if item.get("name") == name)


def read_campaign_change(rapidpro, reader):
    event = rapidpro.items("campaign_events")[-1]["uuid"]
    changed = rapidpro.post("campaign_events", {**EVENT, "message": "Hi"}, uuid=event)
    assert reader.read("POST", "/api/v2/campaign_events.json", changed)["uuid"] == event
    flows = [flow["uuid"] for flow in rapidpro.items("flows")]
    export = rapidpro.get("definitions", flow=flows)
    value = reader.read("GET", "/api/v2/definitions.json", export)
    assert all(value.values())


def read_files(rapidpro, reader):
    file = {"file": (io.BytesIO(b"x"), "a.png", "image/png")}
    media = rapidpro.call("POST", "media", content_type="multipart/form-data", data=file)
    url = reader.read("POST", "/api/v2/media.json", media)["url"]
    place = "/media/orgs/{workspace}/media/{start}/{id}/{filename}"
    reader.read("GET", place, rapidpro.get(url))
    archive = rapidpro.one("archives", period="monthly")["download_url"]
    reader.read("GET", "/files/archives/{id}/{filename}", rapidpro.get(archive))


def read_gateway(rapidpro, reader):
    rapidpro.load({**LAKESIDE, "messages": [{"contact": AMINA, "direction": "out", "text": "x"}]})
    message = rapidpro.items("messages", folder="outbox")[0]["uuid"]
    stranger = "+254722777666"
    for name, query in [
        ("receive", {"sender": stranger, "text": "Hi"}),
        ("sent", {"uuid": message}),
        ("delivered", {"id": message}),
        ("failed", {"id": NOBODY}),
        ("stopped", {"from": stranger}),
    ]:
        assert query.keys() <= set(asked_of(reader.found, f"/c/ex/{{id}}/{name}"))
        for method in ("GET", "POST"):
            answer = rapidpro.call(method, f"/rapidpro/c/ex/{LINE}/{name}", query=query)
            reader.read(method, f"/c/ex/{{id}}/{name}", answer)


def read_the_rest(rapidpro, reader):
    form = {"username": "amos@lakeside.example", "password": rapidpro.token, "role": "A"}
    for place in ("/api/v2/authenticate", "/api/v2/authenticate.json"):
        answer = rapidpro.call("POST", f"/rapidpro{place}", data=form)
        assert reader.read("POST", place, answer)["tokens"]
    open_one = next(t["uuid"] for t in rapidpro.items("tickets") if t["status"] == "open")
    failing = rapidpro.post("ticket_actions", {"tickets": [open_one], "action": "reopen"})
    assert reader.read("POST", "/api/v2/ticket_actions.json", failing)["failures"]
    masked = rapidpro.as_("masked_token")
    for name in ("contacts", "runs", "messages", "workspace", "users"):
        answer = masked.get(name)
        assert re.search("Max|Mia|mia|Masked", answer.text), name
        reader.read("GET", f"/api/v2/{name}.json", answer)


def test_what_cannot_be_named_is_always_made_anew(reader):
    paths = reader.found["paths"]

    made = {name: set(paths[f"/api/v2/{name}.json"]["post"]["responses"]) for name in MADE}
    assert {name: statuses & {"200", "201", "204"} for name, statuses in made.items()} == MADE


MADE = {
    "media": {"201"},
    "optins": {"201"},
    "messages": {"200", "201"},
    "groups": {"200", "201"},
    "contact_actions": {"204"},
    "message_actions": {"200", "204"},
}


def asked_of(found, path):
    """Return the parameters of the query that a path is said to read."""
    return [each["name"] for each in found["paths"][path]["get"].get("parameters", ())]


def test_lists_read_the_parameters_that_are_described_and_no_others(full, reader):
    """Each changes the answer, by a value that is no good or by one of those below."""
    paths = [path for path in reader.found["paths"] if path.startswith("/api/v2/")]
    lists = {p: asked_of(reader.found, p) for p in paths if "get" in reader.found["paths"][p]}
    names = {name for asked in lists.values() for name in asked}

    def answer(path, **query):
        return full.get(f"/rapidpro{path}", **(USUAL.get(path, {}) | query)).data

    def changed_by(path):
        usual = answer(path)
        values = {name: ("?", TELLING.get(name, "1")) for name in names}
        return {name for name in names for v in values[name] if answer(path, **{name: v}) != usual}

    read = {(path, name) for path in lists for name in changed_by(path)}
    assert read == {(path, name) for path, asked in lists.items() for name in asked}


USUAL = {"/api/v2/contacts.json": {"expand_urns": "1"}}
TELLING = {
    "before": PAST,
    "cursor": "bz0tMQ==",
    "format": "json",
    "geometry": "0",
    "paths": "0",
    "period": "monthly",
    "urn_order": "priority",
}
