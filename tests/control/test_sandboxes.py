"""Sandboxes over HTTP: made, forked, merged into, reset, deleted."""

import pytest

from tests.control.desk import FIXTURE, NOON, Desk

SANDBOXES = "/_emulator/sandboxes"


def create(desk, status=201, **body):
    response = desk.world.call("POST", SANDBOXES, body)
    assert response.status_code == status, response.text
    return response.json


def send(desk, path, key="key-one"):
    return desk.world.call("POST", path, {"to": "+1", "text": "Hi"}, headers={"X-Api-Key": key})


def test_a_sandbox_says_all_that_a_client_needs(desk):
    made = create(desk, name="ci-7", fixture=FIXTURE, seed=5)

    assert made == {
        "name": "ci-7",
        "seed": 5,
        "clock": {
            "mode": "manual",
            "rate": 1.0,
            "now": NOON,
            "pending": 0,
            "next_due": None,
            "in_flight": 0,
        },
        "dropped": {"requests": 0, "callbacks": 0, "events": 0, "sink": 0},
        "providers": {
            "acme": {
                "base_url": "http://localhost/s/ci-7/acme",
                "auth": {"X-Api-Key": "{key}"},
                "accounts": [
                    {"id": "one", "name": "One", "keys": [{"name": "main", "key": "key-one"}]},
                    {"id": "two", "name": "Two", "keys": [{"name": "main", "key": "key-two"}]},
                ],
            },
            "zenith": {
                "base_url": "http://localhost/s/ci-7/zenith",
                "auth": {"X-Api-Key": "{key}"},
                "accounts": [
                    {"id": "zed", "name": "Zed", "keys": [{"name": "main", "key": "key-zed"}]}
                ],
            },
        },
    }
    assert desk.world.call("GET", f"{SANDBOXES}/ci-7").json == made


def test_base_urls_are_those_that_the_asker_can_reach(desk):
    response = desk.ask("GET", "", base_url="https://127.0.0.1:4600")

    providers = response.json["providers"]
    assert providers["acme"]["base_url"] == "https://127.0.0.1:4600/acme"


def test_a_base_url_leads_into_its_sandbox(desk):
    url = create(desk, fixture=FIXTURE)["providers"]["acme"]["base_url"]

    assert send(desk, f"{url}/messages").status_code == 202
    assert desk.get("/clock")["pending"] == 0


def test_an_unknown_sandbox_is_404(desk):
    for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/reset"), ("GET", "/clock")]:
        response = desk.world.call(method, f"{SANDBOXES}/nobody{path}")
        assert (response.status_code, response.json["detail"]) == (404, "no sandbox 'nobody'")


def test_sandboxes_are_listed_by_name_page_by_page(desk):
    for name in ("c", "a", "b"):
        create(desk, name=name)

    first = desk.world.call("GET", SANDBOXES, query_string={"limit": 2}).json
    create(desk, name="aa")
    second = desk.world.call(
        "GET", SANDBOXES, query_string={"limit": 2, "cursor": first["next"]}
    ).json

    assert [item["name"] for item in first["items"]] == ["a", "b"]
    assert [item["name"] for item in second["items"]] == ["c", "default"]
    assert (first["total"], second["total"], second["next"]) == (4, 5, None)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": 1001}, "/limit"),
        ({"limit": 0}, "/limit"),
        ({"limit": "many"}, "/limit"),
        ({"limt": 5}, "/limt"),
        ({"cursor": "???"}, "/cursor"),
        ({"cursor": "WzEsMl0"}, "/cursor"),
        ("limit=5&limit=6", "/limit"),
    ],
)
def test_queries_are_read_strictly(desk, query, pointer):
    response = desk.world.call("GET", SANDBOXES, query_string=query)

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json["errors"]] == [pointer]


def test_a_cursor_of_another_list_is_refused(desk):
    create(desk)
    cursor = desk.world.call("GET", SANDBOXES, query_string={"limit": 1}).json["next"]

    [error] = desk.refused("GET", "/outcomes", query_string={"cursor": cursor})

    assert error["pointer"] == "/cursor"


@pytest.mark.parametrize(
    ("body", "pointer", "suggestion"),
    [
        ({"nme": "x"}, "/nme", "name"),
        ({"name": "Not so"}, "/name", None),
        ({"name": 5}, "/name", None),
        ({"fixture": "refrence"}, "/fixture", "reference"),
        ({"fixture": 5}, "/fixture", None),
        ({"fixture": [FIXTURE, "refrence"]}, "/fixture/1", "reference"),
        ({"fixture": {**FIXTURE, "emulator": 7}}, "/fixture/emulator", None),
        ({"fixture": [FIXTURE, {**FIXTURE, "acne": 1}]}, "/fixture/1/acne", "acme"),
        ({"from": "defalt"}, "/from", "default"),
        ({"seed": "5"}, "/seed", None),
        ({"seed": 1.5}, "/seed", None),
        ({"clock": "manual"}, "/clock", None),
        ({"clock": {"mode": "manul"}}, "/clock/mode", "manual"),
        ({"clock": {"mode": "manual", "nw": NOON}}, "/clock/nw", "now"),
        ({"clock": {"mode": "manual", "now": "noon"}}, "/clock/now", None),
        ({"clock": {"mode": "real", "rate": 0}}, "/clock/rate", None),
        ({"settings": {"latency": "insant"}}, "/settings/latency", "instant"),
        ({"settings": []}, "/settings", None),
        ({"ttl": "soon"}, "/ttl", None),
    ],
)
def test_mistakes_in_a_wish_are_pointed_at(desk, body, pointer, suggestion):
    errors = create(desk, status=422, **body)["errors"]

    assert [(e["pointer"], e.get("suggestion")) for e in errors] == [(pointer, suggestion)]
    assert len(desk.world.emulator) == 1


def test_several_mistakes_are_told_at_once(desk):
    errors = create(desk, status=422, seed="x", ttl="x", clock={"mode": 5}, x=1)["errors"]

    assert {error["pointer"] for error in errors} == {"/seed", "/ttl", "/clock/mode", "/x"}


def test_a_taken_name_is_a_conflict(desk):
    assert create(desk, status=409, name="default")["title"] == "Conflict"


def test_files_are_not_looked_for_by_the_server(desk):
    answer = desk.world.call("POST", "/_emulator/sandboxes", {"fixture": "my.yaml"})

    assert answer.status_code == 422
    assert "what a file holds is sent as a document" in answer.get_json()["detail"]


def test_fixtures_are_merged_in_their_order(desk):
    more = {"emulator": 1, "acme": {"customers": [{"id": "one", "name": "Uno"}]}}

    made = create(desk, fixture=[FIXTURE, more])

    names = [account["name"] for account in made["providers"]["acme"]["accounts"]]
    assert names == ["Uno", "Two"]


def test_the_clock_may_stand_before_the_fixtures(desk):
    made = create(
        desk, fixture=FIXTURE, clock={"mode": "manual", "now": "2020-01-01T00:00:00+01:00"}
    )

    assert made["clock"]["now"] == "2019-12-31T23:00:00Z"


def test_settings_are_in_force_from_the_beginning(desk):
    made = create(desk, name="x", fixture=FIXTURE, settings={"latency": "instant"})

    assert Desk(desk.world, "x").get("/settings")["latency"] == "instant"
    assert send(desk, "/s/x/acme/messages").status_code == 202
    assert Desk(desk.world, "x").get("/clock")["pending"] == 0
    assert made["seed"] == 0


def test_a_sandbox_lives_as_long_as_it_is_used(desk):
    create(desk, name="brief", ttl="1m", **{"from": "default"})
    brief = desk.world.emulator.get("brief")
    brief.visits.ended_at -= 59
    desk.world.emulator.expire()
    assert desk.world.call("GET", f"{SANDBOXES}/brief").status_code == 200
    brief.visits.ended_at -= 59
    desk.world.emulator.expire()
    assert send(desk, "/s/brief/acme/messages").status_code == 202
    brief.visits.ended_at -= 59
    desk.world.emulator.expire()
    assert desk.world.call("GET", f"{SANDBOXES}/brief").status_code == 200
    brief.visits.ended_at -= 61
    desk.world.emulator.expire()

    assert desk.world.call("GET", f"{SANDBOXES}/brief").status_code == 404


def test_a_sandbox_outlives_a_request_longer_than_its_life(desk):
    world = desk.world
    desk.do("POST", "/endpoints", {"provider": "acme", "url": "http://127.0.0.1:9/"}, 201)
    desk.send("+1")
    create(desk, name="brief", **{"from": "default"}, ttl="1m")
    brief = Desk(world, "brief")
    found = world.emulator.get("brief")

    def dawdle(_parcel):
        found.visits.ended_at -= 3600
        world.emulator.expire()

    world.sender.on_send = dawdle
    ledger = brief.do("POST", "/clock/advance", {"by": "1h"})
    world.emulator.expire()

    assert ledger["callbacks"]["succeeded"] > 0
    assert brief.get("/clock")["pending"] == 0
    dawdle(None)
    assert world.call("GET", f"{SANDBOXES}/brief").status_code == 404


def test_a_fork_has_the_same_keys_and_goes_its_own_way(desk):
    desk.send("+1")
    create(desk, name="fork", **{"from": "default"})
    fork = Desk(desk.world, "fork")

    fork.advance(3600)

    assert fork.get("/clock")["pending"] == 0
    assert desk.get("/clock") | {"next_due": 0} == {
        "mode": "manual",
        "rate": 1.0,
        "now": NOON,
        "pending": 1,
        "next_due": 0,
        "in_flight": 0,
    }
    assert send(desk, "/s/fork/acme/messages").status_code == 202


def test_reset_restores_keys_and_clears_what_happened(desk):
    desk.send("+1")
    desk.do("DELETE", "/accounts/acme/one/keys/main", status=204)
    desk.do("POST", "/outcomes", {"outcome": "rejected"}, 201)
    desk.advance(60)

    fresh = desk.do("POST", "/reset")

    assert fresh == desk.get("")
    assert fresh["clock"]["now"] == NOON
    assert fresh["providers"]["acme"]["accounts"][0]["keys"]
    assert desk.items("/outcomes") == desk.items("/requests") == desk.items("/messages") == []


def test_reset_to_empty_leaves_no_accounts(desk):
    fresh = desk.do("POST", "/reset", {"to": "empty"})

    assert fresh["providers"]["acme"]["accounts"] == []
    assert desk.refused("POST", "/reset", {"to": "emty"})[0]["suggestion"] == "empty"


def test_delete(desk):
    create(desk, name="gone")

    answer = desk.world.call("DELETE", f"{SANDBOXES}/gone")

    assert (answer.status_code, answer.data, answer.content_type) == (204, b"", None)
    assert desk.world.call("DELETE", f"{SANDBOXES}/gone").status_code == 404
    assert desk.ask("DELETE", "").status_code == 409


def test_fixtures_are_merged_into_a_running_sandbox(desk):
    more = {"emulator": 1, "acme": {"customers": [{"id": "three", "name": "Three"}]}}

    after = desk.do("POST", "/fixtures", more)

    names = [account["name"] for account in after["providers"]["acme"]["accounts"]]
    assert names == ["One", "Two", "Three"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"emulator": 1, "acme": {"customers": [{"credit": "x"}]}}, "/acme/customers/0/credit"),
        ([FIXTURE, {"emulator": 1, "x": 1}], "/1/x"),
        ("refrence", ""),
        (["refrence"], "/0"),
        (5, ""),
    ],
)
def test_mistakes_in_a_merged_fixture_are_pointed_at(desk, body, pointer):
    before = desk.get("")

    errors = desk.refused("POST", "/fixtures", body)

    assert [error["pointer"] for error in errors] == [pointer]
    assert desk.get("") == before


def test_rate_limits_are_reset_for_whom_it_is_asked(desk):
    limits = desk.world.sandbox.limits
    keys = [("acme", "one"), ("acme", "two"), ("zenith", "zed")]

    def count():
        for key in keys:
            limits._fixed[key] = (desk.world.sandbox.clock.now(), 9)

    count()
    desk.do("POST", "/rate-limits/reset", {"provider": "acme", "account": "one"})
    assert list(limits._fixed) == keys[1:]
    desk.do("POST", "/rate-limits/reset", {"provider": "acme"})
    assert list(limits._fixed) == keys[2:]
    count()
    desk.do("POST", "/rate-limits/reset")
    assert not limits._fixed

    assert desk.refused("POST", "/rate-limits/reset", {"provider": "acne"})
    assert desk.refused("POST", "/rate-limits/reset", {"provider": "acme", "account": "zed"})
