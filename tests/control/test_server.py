"""Health, providers, and who may speak to the control plane."""

import pytest

from emulator.settings import ServerSettings
from tests.control.acme import make_provider
from tests.control.desk import FIXTURE, Desk
from tests.world import World


def world(**settings):
    return World([make_provider("acme")], [], settings=ServerSettings(**settings))


def test_health_is_short(desk):
    desk.do("POST", "/reset")

    health = desk.world.call("GET", "/_emulator/health").json

    assert {**health, "uptime_s": 0} == {
        "status": "ok",
        "version": "0",
        "uptime_s": 0,
        "sandboxes": 1,
    }
    assert 0 <= health["uptime_s"] < 600


@pytest.mark.parametrize("path", ["/health/", "/sandboxes/", "/sandboxes/default/"])
def test_slash_at_the_end_of_a_path_does_no_harm(desk, path):
    assert desk.world.call("GET", f"/_emulator{path}").status_code == 200


def test_providers_say_what_they_can_and_how_we_know(desk):
    answer = desk.world.call("GET", "/_emulator/providers").json

    acme, zenith = answer["items"]
    assert (answer["total"], zenith["slug"]) == (2, "zenith")
    assert (acme["slug"], acme["name"]) == ("acme", "Acme")
    assert acme["base_urls"] == [
        "http://localhost/acme",
        "http://localhost/s/{sandbox}/acme",
        "http://acme.localhost",
    ]
    assert acme["operations"][0] == {
        "id": "messages.create",
        "method": "POST",
        "path": "/messages",
        "evidence": "documented",
        "source": "https://docs.acme.example/",
        "read_on": "2026-01-12",
    }


def test_providers_come_page_by_page(desk):
    first = desk.world.call("GET", "/_emulator/providers?limit=1").json
    second = desk.world.call("GET", f"/_emulator/providers?limit=1&cursor={first['next']}").json

    assert [item["slug"] for item in (*first["items"], *second["items"])] == ["acme", "zenith"]
    assert second["next"] is None


def test_everything_is_reset_at_once(desk):
    desk.world.call("POST", "/_emulator/sandboxes", {"name": "other"})
    desk.send("+1")

    answer = desk.world.call("POST", "/_emulator/reset")

    assert (answer.status_code, answer.json["name"]) == (200, "default")
    assert desk.get("/clock")["pending"] == 0
    assert desk.world.call("GET", "/_emulator/sandboxes/other").status_code == 404


# --- forms -------------------------------------------------------------------------------


def test_problems_are_problem_documents(desk):
    response = desk.ask("GET", "/nothing")

    assert response.content_type == "application/problem+json"
    assert response.json == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "no control call has the path /_emulator/sandboxes/default/nothing; "
        "/_emulator/openapi.json lists all",
    }


@pytest.mark.parametrize(("path", "status"), [("/clock", 200), ("/nothing", 404)])
def test_answers_end_their_line(desk, path, status):
    response = desk.ask("GET", path)

    assert response.status_code == status
    assert response.data.endswith(b"}\n")
    assert response.content_length == len(response.data)


def test_wrong_methods_say_the_right_ones(desk):
    response = desk.ask("POST", "/settings")

    assert response.status_code == 405
    assert response.json["detail"].endswith("/settings takes GET, PATCH, not POST")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PATCH"}
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("body", ["{", "[1,", "NaN", '{"a": "\\ud800"}', "\x00"])
def test_bodies_that_are_no_json_are_400(desk, body):
    response = desk.ask("PATCH", "/settings", data=body, content_type="application/json")

    assert (response.status_code, response.json["title"]) == (400, "Bad Request")


@pytest.mark.parametrize("body", ["[]", "5", '"x"', "null"])
def test_bodies_that_are_no_objects_are_422(desk, body):
    response = desk.ask("PATCH", "/settings", data=body, content_type="application/json")

    assert response.status_code == 422
    assert response.json["errors"] == [{"pointer": "", "message": "Must be an object"}]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_bodies_must_say_that_they_are_json(desk, kind):
    response = desk.ask("PATCH", "/settings", data="{}", content_type=kind)

    assert response.status_code == 415


def test_json_may_name_its_character_set(desk):
    response = desk.ask(
        "PATCH", "/settings", data="{}", content_type="application/json; charset=utf-8"
    )

    assert response.status_code == 200


def test_a_body_that_is_too_large_is_413(desk):
    body = b'{"x": "' + b"x" * (32 * 1024 * 1024) + b'"}'

    response = desk.ask("PATCH", "/settings", data=body, content_type="application/json")

    assert response.status_code == 413
    assert response.content_type == "application/problem+json"


@pytest.mark.breaks
def test_a_failure_of_ours_is_500_and_logged(desk, caplog):
    desk.world.emulator.all = lambda: 1 / 0

    response = desk.world.call("GET", "/_emulator/sandboxes")

    assert (response.status_code, response.json["title"]) == (500, "Internal Server Error")
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in response.text


# --- who may speak -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        *["localhost", "LOCALHOST:4600", "localhost.", "box.lan:1"],
        *["127.0.0.1:4600", "127.0.0.2", "127.255.255.254:4600"],
        *["[::1]:4600", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]:4600", "[::ffff:7f00:1]"],
    ],
)
def test_own_names_are_served(host):
    served = world(allowed_hosts=frozenset({"Box.lan"}))

    assert served.call("GET", "/_emulator/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *["evil.example", "127.0.0.1.evil.example", "localhost.evil", "127.1", "128.0.0.1", ""],
        *["[::2]", "[::ffff:10.0.0.1]", "[localhost]"],
    ],
)
def test_names_of_others_are_misdirected(host):
    response = world().call("GET", "/_emulator/health", headers={"Host": host})

    assert response.status_code == 421


def test_the_bind_address_is_served():
    served = world(host="192.168.7.7", control_token="t")

    response = served.call("GET", "/_emulator/health", headers={"Host": "192.168.7.7:4600"})

    assert response.status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://localhost:3000", "http://127.0.0.1", "http://[x"],
)
def test_pages_of_other_origins_are_refused(desk, origin):
    response = desk.ask("POST", "/reset", headers={"Origin": origin})

    assert response.status_code == 403
    assert "Access-Control" not in str(response.headers)


def test_pages_of_our_own_are_not(desk):
    headers = {"Origin": "http://localhost:4600", "Host": "localhost:4600"}

    response = desk.ask("GET", "/clock", headers=headers)

    assert response.status_code == 200
    assert "Access-Control" not in str(response.headers)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Basic s3cret"}, 401),
        ({"Authorization": "Bearer s3crét"}, 401),
        ({"Authorization": "Bearer s3cret"}, 200),
        ({"Authorization": "bearer s3cret"}, 200),
    ],
)
def test_the_control_token_is_asked_for(headers, status):
    guarded = world(control_token="s3cret")

    response = guarded.call("GET", "/_emulator/sandboxes", headers=headers)

    assert response.status_code == status
    assert response.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)


@pytest.mark.parametrize(("value", "status"), [("s3cret", 200), ("other", 401)])
def test_a_cookie_may_hold_the_token(value, status):
    guarded = world(control_token="s3cret")
    guarded.client.set_cookie("emulator_token", value)

    assert guarded.call("GET", "/_emulator/sandboxes").status_code == status


@pytest.mark.parametrize("path", ["/_emulator/nothing", "/_emulator/sandboxes/x"])
def test_without_the_token_nothing_is_told(path):
    assert world(control_token="s3cret").call("GET", path).status_code == 401


def test_health_needs_no_token():
    assert world(control_token="s3cret").call("GET", "/_emulator/health").status_code == 200


def test_vendors_need_no_control_token():
    guarded = World(
        [make_provider("acme"), make_provider("zenith")],
        [FIXTURE],
        settings=ServerSettings(control_token="s3cret"),
    )

    assert Desk(guarded).client("/acme/messages", {"to": "+1", "text": "Hi"}).status_code == 202
