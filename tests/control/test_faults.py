"""Faults: what happens to requests instead of their answers."""

from __future__ import annotations

import json
from http.client import RemoteDisconnected

import pytest
import requests

from emulator.registry import PROVIDERS
from emulator.runtime.dropping import drop
from emulator.runtime.in_process import InProcessServer
from emulator.web.addressing import Front
from tests.world import FIXTURES, World

FAULTS = "/_emulator/sandboxes/default/faults"
BODY = {
    "campaignName": "Hello",
    "type": "quick broadcast",
    "templateContent": "Hi",
    "recipients": ["60123456789"],
}
KEY = {"Authorization": "Bearer tk_all"}


@pytest.fixture
def world() -> World:
    return World(PROVIDERS, [json.loads((FIXTURES / "reference.json").read_text())])


def wrong(world: World, **fault):
    answer = world.call("POST", FAULTS, fault)
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def send(world: World, body=None, headers=None):
    return world.call("POST", "/teekrr/sms", BODY if body is None else body, headers=headers or KEY)


def messages(world: World):
    path = "/_emulator/sandboxes/default/messages?provider=teekrr"
    return world.call("GET", path).get_json()["items"]


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("unauthorized", 401, {"message": "Invalid API key"}),
        ("not_found", 404, None),
        ("rate_limited", 429, {"message": "Too many requests, please try again later"}),
        ("server_error", 500, {"message": "Unexpected error"}),
        ("insufficient_credit", 402, None),
    ],
)
def test_named_errors_are_said_in_the_vendors_words(world, name, status, body):
    wrong(world, provider="teekrr", fault={"error": name})

    answer = send(world)

    assert answer.status_code == status
    assert body is None or answer.get_json() == body
    assert "X-Emulator-Evidence" not in answer.headers
    assert messages(world) == []


def test_rate_limited_says_when_to_come_back(world):
    wrong(world, provider="teekrr", fault={"error": "rate_limited"})

    assert send(world).headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("name", "status", "detail"),
    [
        ("unauthorized", 403, "Invalid token"),
        ("forbidden", 403, "You do not have permission to perform this action."),
        ("not_found", 404, "Not found."),
        ("rate_limited", 429, "Request was throttled. Expected available in 1 second."),
    ],
)
def test_rapidpro_says_them_its_own_way(world, name, status, detail):
    wrong(world, provider="rapidpro", path="/api/v2/*", fault={"error": name})

    answer = world.call(
        "GET", "/rapidpro/api/v2/contacts.json", headers={"Authorization": "Token rp_token_admin"}
    )

    assert (answer.status_code, answer.get_json()) == (status, {"detail": detail})


def test_enqueue_failure_stores_fails_and_gives_credit_back(world):
    wrong(world, provider="teekrr", fault={"error": "enqueue_failed"}, times=1)
    account = "/_emulator/sandboxes/default/accounts/teekrr/acme"
    before = world.call("GET", account).get_json()["billing"]

    answer = send(world)

    text = "Failed to enqueue broadcast — messages marked failed"
    assert (answer.status_code, answer.get_json()) == (500, {"message": text})
    assert [message["status"] for message in messages(world)] == ["failed"]
    assert world.call("GET", account).get_json()["billing"] == before
    assert send(world).status_code == 202


def test_an_error_that_arises_late_leaves_earlier_refusals_alone(world):
    wrong(world, provider="teekrr", fault={"error": "enqueue_failed"})

    assert send(world, {}).status_code == 400
    [fault] = world.call("GET", FAULTS).get_json()["items"]
    assert fault["hits"] == 0


def test_raw_answers_have_status_body_and_headers(world):
    wrong(world, fault={"status": 503, "body": {"oh": "no"}, "headers": {"X-Sorry": "yes"}})

    answer = send(world)

    assert (answer.status_code, answer.get_json()) == (503, {"oh": "no"})
    assert answer.headers["X-Sorry"] == "yes"


def test_raw_answers_that_are_text_are_sent_as_text(world):
    wrong(world, fault={"status": 502, "body": "<h1>Bad Gateway</h1>"})

    answer = send(world)

    assert (answer.status_code, answer.text) == (502, "<h1>Bad Gateway</h1>")
    assert answer.content_type == "text/plain; charset=utf-8"


def test_answers_of_faults_carry_no_advice_about_the_request(world):
    wrong(world, fault={"error": "server_error"})

    answer = world.client.post("/teekrr/sms", data=json.dumps(BODY), headers=KEY)

    assert answer.status_code == 500
    assert "X-Emulator-Hint" not in answer.headers


def test_faults_without_an_id_are_given_one_that_is_free(world):
    made = [wrong(world, fault={"delay": 0}, **given) for given in ({"id": "fault-1"}, {}, {})]

    assert [fault["id"] for fault in made] == ["fault-1", "fault-2", "fault-3"]
    first = world.call("GET", f"{FAULTS}?limit=2").get_json()
    second = world.call("GET", f"{FAULTS}?limit=2&cursor={first['next']}").get_json()
    assert [*first["items"], *second["items"]] == made


def test_malformed_answers_are_cut_json_after_the_effect(world):
    wrong(world, fault={"malformed": True})

    answer = send(world)

    assert answer.status_code == 202
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)
    assert len(messages(world)) == 1


def test_skip_times_and_share_count_exactly(world):
    wrong(world, id="some", fault={"status": 500}, skip=2, times=3, share=0.5)

    statuses = [send(world, {}).status_code for _ in range(10)]

    assert statuses == [400, 400, 500, 400, 500, 400, 500, 400, 400, 400]
    [fault] = world.call("GET", FAULTS).get_json()["items"]
    assert (fault["skip"], fault["times"], fault["share"], fault["hits"]) == (2, 3, 0.5, 3)


def test_a_fault_lets_as_many_pass_as_it_skips(world):
    wrong(world, fault={"status": 500}, skip=2)

    assert [send(world, {}).status_code for _ in range(4)] == [400, 400, 500, 500]


@pytest.mark.parametrize(
    "other", [{"provider": "rapidpro"}, {"account": "postco"}, {"method": "PUT"}, {"path": "/s"}]
)
def test_a_fault_leaves_requests_alone_that_it_is_not_about(world, other):
    wrong(world, fault={"status": 500}, **other)

    assert send(world).status_code == 202


def test_the_oldest_matching_fault_acts(world):
    wrong(world, method="GET", fault={"status": 501})
    wrong(world, path="/sms", fault={"status": 502})
    wrong(world, fault={"status": 503})

    assert send(world).status_code == 502


def test_requests_that_authentication_refuses_use_none_up(world):
    wrong(world, fault={"status": 500}, times=1)

    assert send(world, headers={"Authorization": "Bearer nobody"}).status_code == 401
    assert send(world).status_code == 500


def test_journal_names_the_fault(world):
    wrong(world, id="mine", fault={"status": 500})
    send(world)

    [entry] = world.call("GET", "/_emulator/sandboxes/default/requests").get_json()["items"]
    assert (entry["fault"], entry["status"]) == ("mine", 500)


def test_faults_are_listed_and_removed(world):
    one = wrong(world, fault={"delay": "2s"})
    wrong(world, id="two", fault={"drop": "after"})

    listed = world.call("GET", FAULTS).get_json()["items"]
    assert [fault["fault"] for fault in listed] == [{"delay": 2.0}, {"drop": "after"}]
    assert world.call("DELETE", f"{FAULTS}/{one['id']}").status_code == 204
    assert world.call("DELETE", f"{FAULTS}/{one['id']}").status_code == 404
    assert world.call("DELETE", FAULTS).status_code == 204
    assert world.call("GET", FAULTS).get_json()["total"] == 0


def test_faults_that_are_put_again_count_from_the_beginning(world):
    for _ in range(2):
        wrong(world, id="once", fault={"status": 503}, times=1)
        assert [send(world).status_code, send(world).status_code] == [503, 202]
        assert world.call("DELETE", FAULTS).status_code == 204


def test_two_faults_cannot_have_one_id(world):
    wrong(world, id="first", fault={"delay": "10m"})

    answer = world.call("POST", FAULTS, {"id": "first", "fault": {"drop": "before"}})

    assert answer.status_code == 409
    assert [one["fault"] for one in world.call("GET", FAULTS).get_json()["items"]] == [
        {"delay": 600.0}
    ]


def test_a_fault_with_a_slash_in_its_id_is_removed(world):
    wrong(world, id="team/mine", fault={"drop": "after"})

    assert world.call("DELETE", f"{FAULTS}/team%2Fmine").status_code == 204
    assert world.call("GET", FAULTS).get_json()["total"] == 0


@pytest.mark.parametrize(
    ("fault", "pointer", "suggestion"),
    [
        (
            {"fault": {"error": "enqueue_fail"}, "provider": "teekrr"},
            "/fault/error",
            "enqueue_failed",
        ),
        ({"fault": {"error": "enqueue_failed"}}, "/fault/error", None),
        ({"fault": {"error": "unauthorised"}}, "/fault/error", "unauthorized"),
        ({"fault": {}}, "/fault", None),
        ({"fault": {"status": 500, "drop": "after"}}, "/fault", None),
        ({"fault": {"status": 99}}, "/fault/status", None),
        ({"fault": {"status": 600}}, "/fault/status", None),
        ({"fault": {"status": "500"}}, "/fault/status", None),
        ({"fault": {"status": True}}, "/fault/status", None),
        ({"fault": {"status": 200, "headers": {"X": "a\nb"}}}, "/fault/headers/X", None),
        ({"fault": {"status": 200, "headers": {"X Y": "a"}}}, "/fault/headers/X Y", None),
        ({"fault": {"drop": "never"}}, "/fault/drop", None),
        ({"fault": {"drop": "befor"}}, "/fault/drop", "before"),
        ({"fault": {"delay": "long"}}, "/fault/delay", None),
        ({"fault": {"malformed": 1}}, "/fault/malformed", None),
        ({"fault": {"status": 204, "body": {"a": 1}}}, "/fault/body", None),
        ({"fault": {"status": 500, "headers": {"X/Y": "a"}}}, "/fault/headers/X~1Y", None),
        (
            {"fault": {"status": 500, "headers": {"Transfer-Encoding": "chunked"}}},
            "/fault/headers/Transfer-Encoding",
            None,
        ),
        ({"fault": {"status": 500, "headers": []}}, "/fault/headers", None),
        ({"fault": {"status": 500}, "share": 2}, "/share", None),
        ({"fault": {"status": 500}, "times": 0}, "/times", None),
        ({"fault": {"status": 500}, "method": "PSOT"}, "/method", "POST"),
        ({"fault": {"status": 500}, "path": "sms"}, "/path", None),
        ({"fault": {"status": 500}, "path": "/teekrr/sms"}, "/path", "/sms"),
        ({"fault": {"status": 500}, "path": "/s/mine/cuedesk"}, "/path", "/*"),
        ({"fault": {"status": 500}, "provider": "tekrr"}, "/provider", "teekrr"),
        ({"fault": {"status": 500}, "paht": "/x"}, "/paht", "path"),
        ({"fault": {"status": 500}, "id": ""}, "/id", None),
        ({"fault": {"delay": "10m1s"}}, "/fault/delay", None),
        ([], "", None),
    ],
)
def test_mistakes_are_told_with_their_place(world, fault, pointer, suggestion):
    answer = world.call("POST", FAULTS, fault)

    assert answer.status_code == 422
    assert {"pointer": pointer, "suggestion": suggestion} in [
        {"pointer": e["pointer"], "suggestion": e.get("suggestion")}
        for e in answer.get_json()["errors"]
    ]


@pytest.mark.parametrize(
    ("faults", "hits", "status"),
    [
        ([{"malformed": True}, {"error": "enqueue_failed"}], [1, 0], 202),
        ([{"error": "enqueue_failed"}, {"malformed": True}], [1, 0], 500),
        ([{"error": "enqueue_failed"}, {"drop": "after"}], [1, 0], 500),
        ([{"error": "enqueue_failed"}, {"delay": 0}], [1, 1], 500),
    ],
)
def test_of_two_faults_the_older_one_acts(world, faults, hits, status):
    for fault in faults:
        wrong(world, provider="teekrr", fault=fault)

    answer = send(world)

    listed = world.call("GET", FAULTS).get_json()["items"]
    [entry] = world.call("GET", FAULTS.replace("faults", "requests")).get_json()["items"]
    assert (answer.status_code, [fault["hits"] for fault in listed]) == (status, hits)
    assert entry["fault"] == listed[0]["id"]


@pytest.mark.parametrize(("body", "status"), [(BODY, 202), ({}, 400)])
def test_answers_are_cut_short_whatever_they_say(world, body, status):
    wrong(world, fault={"malformed": True})

    answer = send(world, body)

    [entry] = world.call("GET", FAULTS.replace("faults", "requests")).get_json()["items"]
    assert answer.status_code == status
    assert entry["response"] == answer.text
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.data)


@pytest.mark.parametrize(("when", "status"), [("before", None), ("after", 202)])
def test_journal_shows_no_status_where_nothing_was_done(world, when, status):
    wrong(world, fault={"drop": when}, id="cut")

    with pytest.raises(ConnectionError):
        send(world)

    [entry] = world.call("GET", FAULTS.replace("faults", "requests")).get_json()["items"]
    assert (entry["status"], entry["fault"]) == (status, "cut")


@pytest.mark.parametrize(("when", "stored"), [("before", 0), ("after", 1)])
def test_dropped_connections_close_without_an_answer(world, when, stored):
    wrong(world, fault={"drop": when}, times=1)
    front = Front(world.emulator, world.front._apps, world.front._control, drop)
    server = InProcessServer(front)
    try:
        with pytest.raises(requests.ConnectionError) as caught:
            requests.post(f"{server.url}/teekrr/sms", json=BODY, headers=KEY, timeout=10)
        assert requests.post(f"{server.url}/teekrr/sms", json=BODY, headers=KEY, timeout=10).ok
    finally:
        server.close()

    assert isinstance(caught.value.args[0].args[1], RemoteDisconnected | ConnectionResetError)
    assert len(messages(world)) == stored + 1
