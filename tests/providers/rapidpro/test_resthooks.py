"""Resthooks over HTTP: subscribers, events, and what is sent to whom."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from .flowing import LANGUAGE, enter, flow_called, make_flow
from .people import AMINA, BAKARI, LAKESIDE, MASKED
from .steering import inbound, steer

SMS = {
    "address": "+254700100200",
    "name": "Lakeside SMS",
    "uuid": "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01",
}
URL = "https://hooks.example.org/visit"


def subscribe(rapidpro, url=URL, hook="new-visit"):
    answer = rapidpro.post("resthook_subscribers", {"resthook": hook, "target_url": url})
    assert answer.status_code == 201, answer.text
    return answer.json


@pytest.fixture
def visit(rapidpro):
    """Return the UUID of a flow that calls the resthook when it is answered."""
    simulate = {
        "wait": True,
        "resthooks": ["new-visit"],
        "results": {"language_choice": {"category": "Swahili"}},
    }
    return make_flow(rapidpro, "Visit", simulate, results=[LANGUAGE])


@pytest.fixture
def sent(rapidpro):
    """Return what has been sent, as it grows."""
    return rapidpro.world.sender.sent


def plain_flow(rapidpro, *hooks):
    return make_flow(rapidpro, "Plain", {"resthooks": list(hooks)})


# --- Resthooks


def test_resthooks_are_listed_by_change(rapidpro):
    hooks = [
        {"slug": "a-hook", "created_on": "2026-01-01T00:00:00Z"},
        {"slug": "gone", "deleted": True},
    ]
    rapidpro.load({**LAKESIDE, "resthooks": hooks})

    listed = rapidpro.items("resthooks")

    assert [hook["resthook"] for hook in listed] == ["new-visit", "a-hook"]
    assert tuple(listed[0]) == ("resthook", "modified_on", "created_on")
    assert rapidpro.items("resthooks", reverse="true") == listed[::-1]
    assert rapidpro.items("resthooks", reverse="0") == listed
    assert rapidpro.as_("rp_token_other").items("resthooks") == []


def test_coming_and_going_of_subscribers_changes_a_resthook(rapidpro):
    times = [rapidpro.one("resthooks")["modified_on"]]
    subscriber = subscribe(rapidpro)
    times.append(rapidpro.one("resthooks")["modified_on"])
    rapidpro.advance(1)
    rapidpro.delete("resthook_subscribers", id=subscriber["id"])
    times.append(rapidpro.one("resthooks")["modified_on"])

    assert times == sorted(set(times))


# --- Subscribers


def test_subscriber_is_made_and_shown(rapidpro):
    made = subscribe(rapidpro, " http://localhost:3000/hook?x=1&y=é ", " new-visit ")

    assert tuple(made) == ("id", "resthook", "target_url", "created_on")
    assert isinstance(made["id"], int)
    assert (made["resthook"], made["target_url"]) == (
        "new-visit",
        "http://localhost:3000/hook?x=1&y=é",
    )
    assert rapidpro.items("resthook_subscribers") == [made]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {name: ["This field is required."] for name in ("resthook", "target_url")}),
        ({"resthook": "new-visit"}, {"target_url": ["This field is required."]}),
        (
            {"resthook": "spam", "target_url": URL},
            {"resthook": ["No resthook with slug: spam"]},
        ),
        (
            {"resthook": "NEW-VISIT", "target_url": URL},
            {"resthook": ["No resthook with slug: NEW-VISIT"]},
        ),
        (
            {"resthook": "", "target_url": ""},
            {name: ["This field may not be blank."] for name in ("resthook", "target_url")},
        ),
        (
            {"resthook": None, "target_url": None},
            {name: ["This field may not be null."] for name in ("resthook", "target_url")},
        ),
        (
            {"resthook": ["new-visit"], "target_url": ["x"]},
            {"resthook": ["Not a valid string."], "target_url": ["Enter a valid URL."]},
        ),
        ({"resthook": "new-visit", "target_url": "foo"}, {"target_url": ["Enter a valid URL."]}),
        (
            {"resthook": "new-visit", "target_url": "http://host/"},
            {"target_url": ["Enter a valid URL."]},
        ),
        (
            {"resthook": "new-visit", "target_url": f"http://x.org/{'x' * 188}"},
            {"target_url": ["Ensure this field has no more than 200 characters."]},
        ),
    ],
)
def test_refused_subscribers(rapidpro, body, errors):
    answer = rapidpro.post("resthook_subscribers", body)

    assert (answer.status_code, answer.json) == (400, errors)


@pytest.mark.parametrize(
    "url", ["ftp://x.org/a", "http://127.0.0.1:8000/x", f"http://x.org/{'x' * 187}"]
)
def test_unusual_urls_are_taken(rapidpro, url):
    assert subscribe(rapidpro, url)["target_url"] == url


def test_pair_of_resthook_and_url_subscribes_once(rapidpro):
    rapidpro.load({**LAKESIDE, "resthooks": [{"slug": "other"}]})
    first = subscribe(rapidpro)
    subscribe(rapidpro, hook="other")

    answer = rapidpro.post("resthook_subscribers", {"resthook": "new-visit", "target_url": URL})
    rapidpro.delete("resthook_subscribers", id=first["id"])

    assert answer.status_code == 400
    assert answer.json == {"non_field_errors": ["URL is already subscribed to this event."]}
    assert subscribe(rapidpro)["id"] > first["id"]


def test_post_with_a_known_id_makes_another_one(rapidpro):
    first = subscribe(rapidpro)
    body = {"resthook": "new-visit", "target_url": "https://x.org/upd"}

    again = rapidpro.post("resthook_subscribers", body, id=first["id"])
    unknown = rapidpro.post("resthook_subscribers", body, id="999999")

    assert (again.status_code, again.json["id"] != first["id"]) == (200, True)
    assert len(rapidpro.items("resthook_subscribers")) == 2
    assert unknown.json == {"detail": "No ResthookSubscriber matches the given query."}


def test_subscriber_is_deleted_once(rapidpro):
    subscriber = subscribe(rapidpro)

    answers = [rapidpro.delete("resthook_subscribers", id=subscriber["id"]) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 404]
    assert "Content-Type" not in answers[0].headers
    assert answers[1].json == {"detail": "No ResthookSubscriber matches the given query."}
    assert rapidpro.items("resthook_subscribers") == []


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ({}, 400, "URL must contain one of the following parameters: id"),
        ({"resthook": "x"}, 400, "URL must contain one of the following parameters: id"),
        ({"id": "abc"}, 400, "Value for id must be an integer"),
        ({"id": ""}, 400, "Value for id must be an integer"),
        ({"id": "99999"}, 404, "No ResthookSubscriber matches the given query."),
        ({"id": "9" * 19}, 404, "No ResthookSubscriber matches the given query."),
    ],
)
def test_refused_deletions(rapidpro, query, status, detail):
    answer = rapidpro.delete("resthook_subscribers", **query)

    assert (answer.status_code, answer.json) == (status, {"detail": detail})


def test_another_workspaces_subscriber_does_not_exist(rapidpro):
    subscriber = subscribe(rapidpro)
    other = rapidpro.as_("rp_token_other")

    assert other.items("resthook_subscribers", id=subscriber["id"]) == []
    assert other.delete("resthook_subscribers", id=subscriber["id"]).status_code == 404


@pytest.fixture
def stored(rapidpro):
    """Return a driver of a workspace with three subscribers, one of them removed."""
    subscribers = [
        {"id": 57, "resthook": "new-visit", "target_url": "https://b.example/old", "deleted": True},
        {"id": 58, "resthook": "new-visit", "target_url": "https://b.example/x"},
        {"id": 59, "resthook": "quiet", "target_url": "https://a.example/x"},
    ]
    hooks = [{"slug": "quiet"}]
    rapidpro.load({**LAKESIDE, "resthooks": hooks, "resthook_subscribers": subscribers})
    return rapidpro


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [59, 58]),
        ({"id": "58"}, [58]),
        ({"id": "57"}, []),
        ({"id": "0"}, [59, 58]),
        ({"resthook": "quiet"}, [59]),
        ({"resthook": "QUIET"}, []),
        ({"resthook": "nope"}, []),
        ({"resthook": ""}, [59, 58]),
        ({"resthook": "quiet", "id": "58"}, []),
    ],
)
def test_filters_of_subscribers(stored, query, ids):
    listed = stored.items("resthook_subscribers", **query)

    assert [subscriber["id"] for subscriber in listed] == ids


def test_filter_that_is_no_number_is_refused(rapidpro):
    answer = rapidpro.get("resthook_subscribers", id="x")

    assert (answer.status_code, answer.json) == (400, {"detail": "Value for id must be an integer"})


# --- Calls


def test_payload_says_everything_of_the_run(rapidpro, visit, sent):
    subscribe(rapidpro)
    enter(rapidpro, visit, AMINA)
    message = inbound(rapidpro, "+254722000111", "2", media=["http://x.example/a.jpg"])
    rapidpro.advance(1)

    (parcel,) = sent
    run = rapidpro.one("runs", flow=visit)
    body = json.loads(parcel.body)
    assert (parcel.method, parcel.url) == ("POST", URL)
    assert body["channel"] == SMS
    assert body["contact"] == {
        "language": "swa",
        "name": "Amina Yusuf",
        "urn": "tel:+254722000111",
        "uuid": AMINA,
    }
    assert body["flow"] == {"name": "Visit", "revision": 1, "uuid": visit}
    assert body["input"] == {
        "attachments": [{"content_type": "image/jpeg", "url": "http://x.example/a.jpg"}],
        "channel": SMS,
        "created_on": message["native"]["created_on"],
        "text": "2",
        "type": "msg",
        "urn": {"display": "0722 000111", "path": "+254722000111", "scheme": "tel"},
        "uuid": message["id"],
    }
    assert body["path"] == [
        {"arrived_on": step["time"], "node_uuid": step["node"]} for step in run["path"]
    ]
    assert body["results"] == {
        "language_choice": {
            "category": "Swahili",
            "category_localized": "Swahili",
            "created_on": run["modified_on"],
            "input": "2",
            "name": "Language Choice",
            "node_uuid": LANGUAGE["node_uuids"][0],
            "value": "2",
        }
    }
    assert body["run"] == {"created_on": run["created_on"], "uuid": run["uuid"]}


def test_payload_is_sorted_compact_json(rapidpro, visit, sent):
    subscribe(rapidpro)
    enter(rapidpro, visit, AMINA)
    inbound(rapidpro, "+254722000111", "é")
    rapidpro.advance(1)

    text = sent[0].body.decode()
    sorted_again = json.dumps(
        json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert text == sorted_again


def test_headers_carry_no_signature(rapidpro, sent):
    subscribe(rapidpro)
    enter(rapidpro, plain_flow(rapidpro, "new-visit"), BAKARI)

    assert sent[0].headers == (
        ("Content-Type", "application/json"),
        ("User-Agent", "Mailroom/26.3"),
        ("X-Mailroom-Mode", "normal"),
        ("Accept-Encoding", "gzip"),
    )


def test_what_is_absent_is_null(rapidpro, sent):
    subscribe(rapidpro)
    rapidpro.load({**LAKESIDE, "contacts": [{"name": "No Address", "groups": ["Staff"]}]})
    enter(rapidpro, plain_flow(rapidpro, "new-visit"), groups=["Staff"])

    bodies = [json.loads(parcel.body) for parcel in sent]
    (body,) = [body for body in bodies if body["contact"]["name"] == "No Address"]
    assert (body["channel"], body["input"], body["contact"]["urn"]) == (None, None, None)
    assert (body["contact"]["language"], body["results"]) == (None, {})


def test_anonymous_workspace_tells_no_addresses(rapidpro, sent):
    hooks = {"resthooks": [{"slug": "new-visit"}]}
    flow = {"name": "Masked", "simulate": {"wait": True, "resthooks": ["new-visit"]}}
    rapidpro.load({**MASKED, **hooks, "flows": [flow]})
    masked = rapidpro.as_("masked_token")
    subscribe(masked)
    enter(masked, masked.one("flows")["uuid"], urns=["tel:+254733000111"])
    inbound(rapidpro, "+254733000111", "Hi", account=masked.get("workspace").json["uuid"])
    rapidpro.advance(1)

    assert b"733000111" not in sent[0].body
    assert json.loads(sent[0].body)["contact"]["urn"] == "tel:********"


def test_subscribers_are_called_in_the_order_of_their_urls(rapidpro, sent):
    for url in ("https://c.example", "https://a.example", "https://b.example"):
        subscribe(rapidpro, f"{url}/x")

    enter(rapidpro, plain_flow(rapidpro, "new-visit"), BAKARI)

    assert [parcel.url[8] for parcel in sent] == ["a", "b", "c"]


def test_resthooks_are_called_in_the_order_of_the_flow(rapidpro, sent):
    rapidpro.load({**LAKESIDE, "resthooks": [{"slug": "after"}]})
    subscribe(rapidpro, "https://a.example/new")
    subscribe(rapidpro, "https://z.example/after", "after")

    enter(rapidpro, plain_flow(rapidpro, "after", "unknown", "new-visit"), BAKARI)

    assert [parcel.url for parcel in sent] == ["https://z.example/after", "https://a.example/new"]
    events = rapidpro.items("resthook_events")
    assert [event["resthook"] for event in events] == ["new-visit", "after"]


def test_each_subscriber_is_called_when_the_one_before_has_answered(rapidpro):
    seen = []
    send = rapidpro.world.sender.post

    def post(world, lane, parcel, done):
        seen.append(lane)
        send(world, lane, parcel, done)

    rapidpro.world.sender.post = post
    subscribe(rapidpro, "https://a.example/x")
    subscribe(rapidpro, "https://b.example/x")
    enter(rapidpro, plain_flow(rapidpro, "new-visit"), BAKARI)

    assert len(seen) == 2
    assert len(set(seen)) == 1


@pytest.mark.parametrize(
    ("answer", "stays"), [(200, True), (500, True), (404, True), ("refused", True), (410, False)]
)
def test_only_410_removes_a_subscriber_and_nothing_is_tried_again(rapidpro, sent, answer, stays):
    subscriber = subscribe(rapidpro)
    before = rapidpro.one("resthooks")["modified_on"]
    rapidpro.world.sender.script = [answer]

    enter(rapidpro, plain_flow(rapidpro, "new-visit"), BAKARI)
    rapidpro.advance(3600)

    assert len(sent) == 1
    assert rapidpro.items("resthook_subscribers") == ([subscriber] if stays else [])
    assert rapidpro.one("resthooks")["modified_on"] == before
    shown = steer(rapidpro, "GET", "endpoints").json["items"]
    assert [endpoint["active"] for endpoint in shown] == [stays]
    enter(rapidpro, flow_called(rapidpro, "Plain")["uuid"], BAKARI)
    assert len(sent) == (2 if stays else 1)


# --- Events


def test_event_keeps_the_payload_whether_or_not_anybody_listens(rapidpro, sent):
    enter(rapidpro, plain_flow(rapidpro, "new-visit"), BAKARI)
    subscribe(rapidpro)
    enter(rapidpro, flow_called(rapidpro, "Plain")["uuid"], AMINA)

    latest, first = rapidpro.items("resthook_events")
    assert tuple(latest) == ("resthook", "data", "created_on")
    assert latest["data"] == json.loads(sent[0].body)
    assert first["data"]["contact"]["uuid"] == BAKARI
    assert first["created_on"] < latest["created_on"]


def test_unknown_resthook_does_nothing(rapidpro, sent):
    enter(rapidpro, plain_flow(rapidpro, "unknown"), BAKARI)

    assert (rapidpro.items("resthook_events"), sent) == ([], [])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [2, 1]),
        ({"resthook": "new-visit"}, [1]),
        ({"resthook": "NEW-VISIT"}, []),
        ({"resthook": "nope"}, []),
        ({"resthook": ""}, [2, 1]),
    ],
)
def test_filter_of_events(rapidpro, query, found):
    events = [{"resthook": "new-visit", "data": {"n": 1}}, {"resthook": "b", "data": {"n": 2}}]
    rapidpro.load({**LAKESIDE, "resthooks": [{"slug": "b"}], "resthook_events": events})

    assert [event["data"]["n"] for event in rapidpro.items("resthook_events", **query)] == found
    assert rapidpro.as_("rp_token_other").items("resthook_events") == []


def test_old_events_are_removed_at_three_at_night(rapidpro):
    enter(rapidpro, plain_flow(rapidpro, "new-visit"), BAKARI)
    now = datetime.fromisoformat(rapidpro.one("resthook_events")["created_on"])
    assert (now.day, now.hour) == (6, 10)

    rapidpro.advance(48 * 3600 + 16 * 3600)  # two days later, past two at night
    assert len(rapidpro.items("resthook_events")) == 1
    rapidpro.advance(3600)

    assert rapidpro.items("resthook_events") == []


def test_events_of_early_morning_are_removed_the_same_night(rapidpro):
    rapidpro.advance(16 * 3600)  # two at night
    enter(rapidpro, plain_flow(rapidpro, "new-visit"), BAKARI)

    rapidpro.advance(49 * 3600)

    assert rapidpro.items("resthook_events") == []


# --- For testers


def test_subscribers_are_endpoints(stored):
    shown = steer(stored, "GET", "endpoints").json["items"]

    assert [(e["id"], e["url"], e["events"], e["active"]) for e in shown] == [
        ("58", "https://b.example/x", ["new-visit"], True),
        ("59", "https://a.example/x", ["quiet"], True),
    ]
    assert {(e["provider"], e["account"]) for e in shown} == {("rapidpro", LAKESIDE["uuid"])}


def test_callback_names_slug_run_and_subscriber(rapidpro):
    subscriber = subscribe(rapidpro)
    enter(rapidpro, plain_flow(rapidpro, "new-visit"), BAKARI)

    (callback,) = steer(rapidpro, "GET", "callbacks").json["items"]
    assert callback["event"] == "new-visit"
    assert callback["endpoint"] == str(subscriber["id"])
    assert callback["subject"] == rapidpro.one("runs")["uuid"]
    assert callback["state"] == "succeeded"


def test_endpoint_removed_by_a_tester_is_no_subscriber(rapidpro, sent):
    subscriber = subscribe(rapidpro)

    answer = steer(rapidpro, "DELETE", f"endpoints/{subscriber['id']}")
    enter(rapidpro, plain_flow(rapidpro, "new-visit"), BAKARI)

    assert answer.status_code == 204
    assert rapidpro.items("resthook_subscribers") == []
    assert sent == []


def test_endpoint_changed_by_a_tester_changes_its_subscriber(rapidpro):
    subscriber = subscribe(rapidpro)
    rapidpro.load({**LAKESIDE, "resthooks": [{"slug": "other"}]})
    place = f"endpoints/{subscriber['id']}"

    steer(rapidpro, "PATCH", place, {"url": "http://b.example/", "events": ["other"]})
    changed = rapidpro.one("resthook_subscribers")
    steer(rapidpro, "PATCH", place, {"active": False})
    hidden = rapidpro.items("resthook_subscribers")
    steer(rapidpro, "PATCH", place, {"active": True})

    assert (changed["target_url"], changed["resthook"]) == ("http://b.example/", "other")
    assert hidden == []
    assert rapidpro.one("resthook_subscribers") == changed


@pytest.mark.parametrize("events", [["nope"], ["new-visit", "other"], [], None])
def test_a_subscriber_keeps_to_one_resthook(rapidpro, events):
    subscriber = subscribe(rapidpro)
    rapidpro.load({**LAKESIDE, "resthooks": [{"slug": "other"}]})
    place = f"endpoints/{subscriber['id']}"

    answer = steer(rapidpro, "PATCH", place, {"events": events})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == ["/events"]
    assert steer(rapidpro, "GET", "endpoints").json["items"][0]["events"] == ["new-visit"]


def test_subscriber_deleted_by_the_api_is_no_endpoint(rapidpro):
    subscriber = subscribe(rapidpro)

    rapidpro.delete("resthook_subscribers", id=subscriber["id"])

    assert steer(rapidpro, "GET", "endpoints").json["items"] == []


def test_fixtures_tell_urls_apart_by_case(stored):
    more = [
        {"resthook": "NEW-visit", "target_url": "https://b.example/x"},
        {"resthook": "new-visit", "target_url": "https://b.example/X"},
    ]

    stored.load({**LAKESIDE, "resthook_subscribers": more})

    urls = {one["target_url"] for one in stored.items("resthook_subscribers", resthook="new-visit")}
    assert urls == {"https://b.example/x", "https://b.example/X"}
    assert len(stored.items("resthook_subscribers")) == 3


def test_testers_endpoint_hears_of_every_resthook(rapidpro, sent):
    endpoint = {"provider": "rapidpro", "url": "http://127.0.0.1:9/all"}
    assert steer(rapidpro, "POST", "endpoints", endpoint).status_code == 201

    enter(rapidpro, plain_flow(rapidpro, "new-visit"), BAKARI)

    assert [parcel.url for parcel in sent] == ["http://127.0.0.1:9/all"]
    assert rapidpro.items("resthook_subscribers") == []


def test_testers_endpoint_is_changed_and_removed_without_a_subscriber(rapidpro, sent):
    endpoint = {"provider": "rapidpro", "url": "http://127.0.0.1:9/all"}
    place = f"endpoints/{steer(rapidpro, 'POST', 'endpoints', endpoint).json['id']}"

    changed = steer(rapidpro, "PATCH", place, {"url": "http://127.0.0.1:9/other"})
    removed = steer(rapidpro, "DELETE", place)
    enter(rapidpro, plain_flow(rapidpro, "new-visit"), BAKARI)

    assert (changed.json["url"], removed.status_code) == ("http://127.0.0.1:9/other", 204)
    assert sent == []


def test_fixture_changes_subscribers(stored):
    changes = [{"id": 58, "target_url": "https://c.example/"}, {"id": 59, "deleted": True}]

    stored.load({**LAKESIDE, "resthook_subscribers": changes})

    shown = steer(stored, "GET", "endpoints").json["items"]
    assert [(endpoint["url"], endpoint["active"]) for endpoint in shown] == [
        ("https://c.example/", True),
        ("https://a.example/x", False),
    ]
