"""Attacks: from web pages, through callbacks, with patterns, paths and names."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner
from werkzeug.test import TestResponse

from emulator.cli import main
from emulator.runtime.destinations import Destinations
from emulator.runtime.sender import HTTPSender
from emulator.settings import ServerSettings
from tests.control.acme import make_provider
from tests.control.desk import FIXTURE, Desk, calls
from tests.world import World

METADATA = "http://169.254.169.254/latest/meta-data/"
EVIL = "evil.example"
# Nothing that an attacker sends may hold the server up for longer.
SOON = 20.0  # seconds; a pattern that backtracks would take longer than a life
OPEN_TO_ALL = {"control.server.health", "control.sink.receive"}
EVERY_CALL = calls(World([make_provider("acme")]))


# --- pages of others -------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "method", "path"), EVERY_CALL)
def test_page_whose_name_was_rebound_to_this_machine_is_turned_away(
    desk: Desk, name: str, method: str, path: str
) -> None:
    """To the browser this is the page's own origin: only ``Host`` tells."""
    headers = {"Host": f"{EVIL}:4600", "Origin": f"http://{EVIL}:4600"}

    answer = desk.world.call(method, path, headers=headers)

    assert answer.status_code == 421, name
    assert desk.get("/settings")


@pytest.mark.parametrize(("name", "method", "path"), EVERY_CALL)
def test_page_of_another_origin_is_turned_away(
    desk: Desk, name: str, method: str, path: str
) -> None:
    headers = {"Host": "127.0.0.1:4600", "Origin": f"http://{EVIL}"}

    answer = desk.world.call(method, path, headers=headers)

    assert answer.status_code == 403, name
    assert not [header for header in answer.headers if header[0].startswith("Access-Control")]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_form_of_a_page_changes_nothing(desk: Desk, kind: str) -> None:
    """Browsers send such bodies without asking first, and old ones without ``Origin``."""
    answer = desk.ask("POST", "/reset", data='{"to": "empty"}', content_type=kind)

    assert answer.status_code == 415
    assert desk.items("/accounts")


@pytest.mark.parametrize("path", ["/_emulator/reset", "/acme/messages", "/s/default/acme/messages"])
def test_preflight_grants_nothing(desk: Desk, path: str) -> None:
    headers = {
        "Origin": f"http://{EVIL}",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }

    answer = desk.world.call("OPTIONS", path, headers=headers)

    assert not [header for header in answer.headers if header[0].startswith("Access-Control")]


@pytest.mark.parametrize(("name", "method", "path"), EVERY_CALL)
def test_every_call_asks_for_the_token(name: str, method: str, path: str) -> None:
    guarded = World([make_provider("acme")], settings=ServerSettings(control_token="s3cret"))

    status = guarded.call(method, path).status_code

    assert (status == 401) == (name not in OPEN_TO_ALL)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.7.7", "box.lan"])
def test_what_is_open_to_other_machines_needs_a_word(host: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--host", host])

    assert result.exit_code == 2
    assert "--control-token" in result.output
    assert "--insecure" in result.output


@pytest.mark.parametrize("token", ["", "clé", "two words", "s3cret\n"])
def test_token_that_no_header_can_carry_is_refused(token: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--control-token", token])

    assert result.exit_code == 1
    assert "control token: must be printable ASCII without blanks" in result.output


@pytest.mark.parametrize(
    "option",
    ["--allow-host=http://box.lan", "--allow-callback-host=box.lan:80", "--callback-map=a=b/c"],
)
def test_hosts_are_named_without_scheme_port_and_path(option: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--port", "0", option])

    assert result.exit_code == 1
    assert "must be a name or an address, nothing more" in result.output


# --- callbacks that lead elsewhere -------------------------------------------------------------


class Redirecting(ThreadingHTTPServer):
    """A receiver that sends whoever calls it on to the metadata service.

    It keeps no connections: one that is kept leads where its first address was checked.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Redirect)
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}/hook"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class Redirect(BaseHTTPRequestHandler):
    server: Redirecting

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(307)
        self.send_header("Location", METADATA)
        self.end_headers()

    def log_request(self, *_what: object) -> None:
        """Keep quiet."""


@pytest.fixture
def receiver() -> Iterator[Redirecting]:
    receiver = Redirecting()
    yield receiver
    receiver.close()


class Names:
    """A name server of the attacker: answers each question with the next address."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = list(addresses)

    def __call__(self, _host: str, _port: int) -> list[str]:
        return [self._addresses.pop(0) if len(self._addresses) > 1 else self._addresses[0]]


@pytest.fixture
def calling(request: pytest.FixtureRequest) -> Iterator[Desk]:
    sender = HTTPSender(Destinations(resolver=Names(*request.param)))
    world = World([make_provider("acme"), make_provider("zenith")], [FIXTURE], sender=sender)
    yield Desk(world)
    world.emulator.close()


def attempts(desk: Desk, url: str) -> list[Any]:
    """Let a callback go to a URL, until the vendor gives up; return its attempts."""
    desk.do("POST", "/endpoints", {"provider": "acme", "url": url}, 201)
    desk.do("POST", "/outcomes", {"outcome": "stuck"}, 201)
    desk.send("+15550001")
    desk.do("POST", "/clock/advance", {"until": "idle"})
    [callback] = desk.items("/callbacks")
    assert callback["state"] == "failed"
    found: list[Any] = callback["attempts"]
    return found


@pytest.mark.parametrize("calling", [["127.0.0.1"]], indirect=True)
@pytest.mark.parametrize(
    "url",
    [
        METADATA,
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://[fd00:ec2::254]/latest/",
    ],
)
def test_metadata_service_is_never_called(calling: Desk, url: str) -> None:
    found = attempts(calling, url)

    assert [attempt["status"] for attempt in found] == [None, None, None]
    assert all(attempt["error"] for attempt in found)


@pytest.mark.parametrize("calling", [["169.254.169.254"]], indirect=True)
def test_name_that_leads_to_the_metadata_service_is_not_called(calling: Desk) -> None:
    [attempt, *_] = attempts(calling, "http://metadata.evil.example/latest/")

    assert attempt["status"] is None
    assert attempt["error"].startswith("destination refused: 169.254.169.254 is not a loopback")


@pytest.mark.parametrize("calling", [["127.0.0.1", "169.254.169.254"]], indirect=True)
def test_rebound_name_is_checked_at_every_attempt(calling: Desk, receiver: Redirecting) -> None:
    """The name leads to this machine once, and elsewhere from then on."""
    found = attempts(calling, f"http://rebound.evil.example:{receiver.server_port}/hook")

    assert [attempt["status"] for attempt in found] == [307, None, None]
    assert receiver.asked == ["/hook"]


@pytest.mark.parametrize("calling", [["127.0.0.1"]], indirect=True)
def test_redirect_to_the_metadata_service_is_an_answer(
    calling: Desk, receiver: Redirecting
) -> None:
    found = attempts(calling, receiver.url)

    assert [(attempt["status"], attempt["error"]) for attempt in found] == [(307, None)] * 3
    assert receiver.asked == ["/hook"] * 3


@pytest.mark.parametrize("calling", [["127.0.0.1"]], indirect=True)
def test_edited_redelivery_goes_nowhere_else_either(calling: Desk, receiver: Redirecting) -> None:
    attempts(calling, receiver.url)
    [callback, *_] = calling.items("/callbacks")

    again = calling.do("POST", f"/callbacks/{callback['id']}/redeliver", {"url": METADATA})

    assert again["attempts"][-1]["status"] is None
    assert again["attempts"][-1]["error"]


# --- patterns, paths, names --------------------------------------------------------------------


def quickly(action: Any) -> Any:
    started_at = time.perf_counter()
    answer = action()
    assert time.perf_counter() - started_at < SOON
    return answer


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*b", "(a|aa)+$", "a{0,900}a{0,900}b"])
def test_pattern_of_a_rule_hangs_nothing(desk: Desk, pattern: str) -> None:
    rule = {"text_pattern": pattern, "outcome": "delivered"}
    answer = desk.ask("POST", "/outcomes", rule)
    if answer.status_code == 422:
        return

    quickly(lambda: desk.send("+15550001", text="a" * 20_000 + "!"))


GLOBS = ["*a" * 40 + "b", "/" + "*" * 500 + "b", "*" + "[!a]*" * 40 + "b"]


@pytest.mark.parametrize("glob", GLOBS)
def test_glob_of_a_fault_hangs_nothing(desk: Desk, glob: str) -> None:
    desk.do("POST", "/faults", {"path": glob, "fault": {"status": 503}}, 201)

    answer: TestResponse = quickly(lambda: desk.client("/acme/" + "a" * 3000, {}))

    assert answer.status_code == 404


@pytest.mark.parametrize("glob", GLOBS)
def test_glob_of_a_filter_hangs_nothing(desk: Desk, glob: str) -> None:
    desk.client("/acme/" + "a" * 3000, {})

    assert quickly(lambda: desk.items("/requests", path=glob)) == []


@pytest.mark.parametrize(
    "name", ["../pyproject", "/etc/passwd", "../fixtures/reference", "reference.json", "..", ""]
)
def test_fixtures_are_read_by_name_and_from_nowhere_else(desk: Desk, name: str) -> None:
    answer = desk.world.call("POST", "/_emulator/sandboxes", {"fixture": name})

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/fixture"


@pytest.mark.parametrize("name", ["../x", "a/b", "A", "-a", "a" * 64, ".", "a\u0000", "a.json"])
def test_names_of_sandboxes_are_no_paths(desk: Desk, name: str) -> None:
    answer = desk.world.call("POST", "/_emulator/sandboxes", {"name": name})

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/name"


@pytest.mark.parametrize(
    "body", [b'{"a": ' * 100_000, b"[" * 100_000, b"1" * 1_000_000, b'{"rate": 1e999999}']
)
def test_monstrous_json_is_refused_quickly(desk: Desk, body: bytes) -> None:
    answer = quickly(lambda: desk.ask("PUT", "/clock", data=body, content_type="application/json"))

    assert answer.status_code in (400, 422)
