"""``serve --state``: killed at any instant, a server goes on where it was."""

from __future__ import annotations

import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import requests
from tinydb import TinyDB
from werkzeug.test import Client, TestResponse

from emulator.app import create_app
from emulator.core.keeper import Keeper
from emulator.core.records import Attempt
from emulator.core.sandbox import Sandbox
from emulator.core.snapshots import take
from emulator.providers.teekrr.records import MESSAGES, TeekrrMessage
from emulator.registry import PROVIDERS
from emulator.settings import ServerSettings
from tests.runtime.test_serving import refused
from tests.scenarios.servers import PATIENCE, ROOT, Arrival, Receiver
from tests.world import RecordingSender, full_disk

START = ("-m", "emulator", "serve", "--port", "0", "--json")
KILLS = int(os.environ.get("KILLS", "8"))
"""How often the server is killed in all. For hundreds of times, said at the end:
KILLS=300 make test ARGS="-n 0 -s -k whenever_it_is_killed tests/runtime/test_state.py"."""
IN_A_ROW = 25
SMS = {
    "campaignName": "May",
    "type": "quick broadcast",
    "templateContent": "Hello",
    "recipients": ["60123456789"],
}
CREDIT = 100_000_000
RECIPIENTS = 20
FIXTURE = {
    "emulator": 1,
    "settings": {
        "keep": {"callbacks": {"count": 1_000_000}},
        "rate_limits": {
            "teekrr": False,
            "cuedesk": {"limits": {"*": 1_000_000}, "window": "1d"},
            "rapidpro": {"limits": {"*": 1_000_000}, "window": "1d"},
        },
    },
    "teekrr": {
        "clients": [
            {
                "id": "acme",
                "billing": {
                    "mode": "prepaid",
                    "creditBalance": CREDIT,
                    "creditReserved": 0,
                    "creditSpent": 0,
                },
            }
        ]
    },
}


class Server:
    """A server with a state folder, to be killed: what was started and what serves."""

    def __init__(
        self, folder: Path, *options: str, preexec_fn: Callable[[], None] | None = None
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *START, "--state", str(folder), *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=preexec_fn,  # noqa: PLW1509 - it takes no lock
        )
        self._folder = folder
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said, "the server ended without a word"
        self.url: str = json.loads(said)["url"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method, f"{self.url}/_emulator/sandboxes/default{path}", json=body, timeout=PATIENCE
        )
        assert answer.ok, answer.text
        return answer.json()

    def kill(self) -> None:
        serving = int((self._folder / ".lock").read_text())
        os.kill(serving, signal.SIGKILL)
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)

    def stop(self) -> str:
        """Ask it to end; return what it said."""
        self.process.terminate()
        _, said = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0
        return said


class Customer:
    """Somebody who uses the server all the time and keeps in mind what was acknowledged."""

    def __init__(self) -> None:
        self.broadcasts: set[str] = set()
        self.named: Counter[str] = Counter()
        self.keyed: dict[str, Any] = {}
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.is_over = threading.Event()
        self.threads: list[threading.Thread] = []
        self._sent = 0
        self._lock = threading.Lock()

    @property
    def acknowledged(self) -> int:
        """How many writes were answered."""
        return len(self.broadcasts) + self.answered.total()

    def work(self, url: str, deed: Callable[[requests.Session, str], None]) -> None:
        with requests.Session() as session:
            while not self.is_over.is_set():
                try:
                    deed(session, url)
                except requests.RequestException:
                    return

    def send(self, session: requests.Session, url: str) -> None:
        with self._lock:
            self._sent += 1
            first = 60_120_000_000 + self._sent * 100
        body = {
            "campaignName": "May",
            "type": "quick broadcast",
            "templateContent": "Hello",
            "recipients": [str(first + at) for at in range(RECIPIENTS)],
        }
        headers = {"Authorization": "Bearer tk_all"}
        answer = session.post(f"{url}/teekrr/sms", json=body, headers=headers, timeout=PATIENCE)
        assert answer.status_code == 202, answer.text
        self.broadcasts.add(answer.json()["data"]["broadcastUuid"])

    def rename(self, urn: str, session: requests.Session, url: str) -> None:
        """Give a contact the next number for a name."""
        number = self.named[urn] + 1
        with self._lock:
            self.asked["rapidpro"] += 1
        answer = session.post(
            f"{url}/rapidpro/api/v2/contacts.json?urn={urn}",
            json={"name": str(number)},
            headers={"Authorization": "Token rp_token_admin"},
            timeout=PATIENCE,
        )
        assert answer.ok, answer.text
        with self._lock:
            self.answered["rapidpro"] += 1
        self.named[urn] = number

    def send_once(self, session: requests.Session, url: str) -> None:
        """Send with the next key, again and again until it is answered; then once more."""
        key = f"key-{len(self.keyed)}"
        self.keyed[key] = self._keyed(session, url, key)
        assert self._keyed(session, url, key)["broadcast"]["uuid"] == self.id_of(key)

    def id_of(self, key: str) -> str:
        id: str = self.keyed[key]["broadcast"]["uuid"]
        return id

    def _keyed(self, session: requests.Session, url: str, key: str) -> Any:
        self.asked["cuedesk"] += 1
        answer = session.post(
            f"{url}/cuedesk/v2/broadcasts",
            json={
                "client_unique_identifier": key,
                "from": "447576209857",
                "template": {"name": "plain_notice", "locale": "en"},
                "payload": [{"identifier": "60123456789"}],
            },
            headers={"Authorization": "Bearer cue_ci_token"},
            timeout=PATIENCE,
        )
        assert answer.status_code == 202, answer.text
        self.answered["cuedesk"] += 1
        return answer.json()

    def load(self, url: str, seconds: float) -> None:
        self.is_over.clear()
        urns = ("tel:+254722000001", "tel:+254722000002")
        renames = [partial(self.rename, urn) for urn in urns]
        deeds = [self.send, self.send, self.send_once, *renames]
        self.threads = [threading.Thread(target=self.work, args=(url, deed)) for deed in deeds]
        for thread in self.threads:
            thread.start()
        self.is_over.wait(seconds)

    def rest(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join(PATIENCE)

    def check(self, found: Sandbox) -> None:
        """Check that all that was acknowledged is there, and nothing by halves."""
        messages = list(found.store.table(MESSAGES))
        self._check_broadcasts(found, messages)
        self._check_credit(found, messages)
        self._check_keys(found)
        contacts = found.store.tables()["rapidpro.contacts"]
        names = {urn: contact.name for contact in contacts for urn in contact.urns}
        for urn, number in self.named.items():
            assert int(names[urn]) in (number, number + 1)
        used = {scope[0]: used for scope, _, used in found.limits.windows().fixed}
        used |= {scope[0]: len(times) for scope, times in found.limits.windows().sliding}
        for slug in self.asked:
            assert self.answered[slug] <= used.get(slug, 0) <= self.asked[slug]

    def _check_broadcasts(self, found: Sandbox, messages: Sequence[TeekrrMessage]) -> None:
        states: dict[str | None, Counter[str]] = defaultdict(Counter)
        for message in messages:
            states[message.broadcast][message.state] += 1
        assert {counts.total() for counts in states.values()} <= {RECIPIENTS}
        assert self.broadcasts <= set(states)
        for campaign in found.store.table(VENDORS["teekrr"].broadcasts):
            assert Counter(campaign.counts) == states[campaign.id]
        waiting = [m.id for m in messages if m.taken < len(m.plan.path)]
        assert all(found.agenda.planned("teekrr.step", id) for id in waiting)

    def _check_credit(self, found: Sandbox, messages: Sequence[TeekrrMessage]) -> None:
        [client] = [c for c in found.store.table(VENDORS["teekrr"].accounts) if c.id == "acme"]
        billing = client.billing
        assert billing.balance + billing.reserved + billing.spent == CREDIT
        assert billing.reserved == sum(
            m.rate for m in messages if m.state in ("pending", "enqueued")
        )

    def _check_keys(self, found: Sandbox) -> None:
        broadcasts = found.store.table(VENDORS["cuedesk"].broadcasts)
        made = [(b.key, b.id) for b in broadcasts if b.key and b.key.startswith("key-")]
        assert len(dict(made)) == len(made)
        assert {key: self.id_of(key) for key in self.keyed}.items() <= dict(made).items()


VENDORS = {provider.slug: provider.vendor for provider in PROVIDERS}


def found_in(folder: Path, copy: Path) -> Sandbox:
    """Return what a server would find in a folder, and leave the folder as it is."""
    shutil.copytree(folder, copy)
    keeper = Keeper(copy, tuple(VENDORS.values()), RecordingSender())
    [recovered] = keeper.recover()
    keeper.close()
    shutil.rmtree(copy)
    return recovered.sandbox


class Told:
    """What a receiver has been told, and what of that must not come again."""

    def __init__(self) -> None:
        self.receiver = Receiver()
        self.receiver.answer = self._answer
        self.over: set[bytes] = set()
        self.attempts: dict[str, tuple[Attempt, ...]] = {}
        self._seen: set[bytes] = set()

    def _answer(self, arrival: Arrival) -> int:
        """Refuse a third of what comes for the first time."""
        is_new = arrival.body not in self._seen
        self._seen.add(arrival.body)
        return 500 if is_new and crc32(arrival.body) % 3 == 0 else 200

    def check(self, found: Sandbox) -> Counter[str]:
        """Check what has come since the last time; return how many callbacks are in which state."""
        assert not self.over & {arrival.body for arrival in self.receiver.all()}
        deliveries = {delivery.id: delivery for delivery in found.deliveries}
        for id, attempts in self.attempts.items():
            assert deliveries[id].attempts[: len(attempts)] == attempts
        self.attempts = {id: delivery.attempts for id, delivery in deliveries.items()}
        # Whatever is recorded has arrived before: it may not come from now on.
        self.over |= {d.body for d in deliveries.values() if d.state == "succeeded"}
        return Counter(delivery.state for delivery in deliveries.values())


@pytest.mark.timeout(60 + 30 * KILLS)
def test_nothing_acknowledged_is_lost_whenever_it_is_killed(tmp_path: Path) -> None:
    acknowledged = callbacks = 0
    for number, first in enumerate(range(0, KILLS, IN_A_ROW)):
        customer, told = Customer(), Told()
        folder = tmp_path / f"series-{number}"
        kill_and_look(folder, min(IN_A_ROW, KILLS - first), customer, told, random.Random(number))
        acknowledged += customer.acknowledged
        callbacks += len(told.over)
        shutil.rmtree(folder)
    said = f"{KILLS} kills: {acknowledged:,} writes and {callbacks:,} callbacks, none lost"
    print(said)  # noqa: T201 - for those who have asked for hundreds


def kill_and_look(
    folder: Path, kills: int, customer: Customer, told: Told, chance: random.Random
) -> None:
    """Kill a server again and again; in the end let all happen that is still to come."""
    folder.mkdir()
    fixture, state, copy = folder / "rich.json", folder / "state", folder / "copy"
    fixture.write_text(json.dumps(FIXTURE))
    options = ("--fixture", "reference", "--fixture", str(fixture), "--clock", "real")
    for kill in range(kills):
        server = Server(state, *options)
        if not kill:
            server.call("POST", "/endpoints", {"provider": "teekrr", "url": told.receiver.url})
        customer.load(server.url, chance.uniform(0.0, 0.5))
        server.kill()
        customer.rest()
        found = found_in(state, copy)
        customer.check(found)
        told.check(found)

    server = Server(state, *options)
    server.call("POST", "/clock/advance", {"until": "idle"})
    while server.call("GET", "/clock")["in_flight"]:
        pass
    server.stop()

    found = found_in(state, copy)
    customer.check(found)
    over = len(told.over)
    states = told.check(found)
    assert len(customer.broadcasts) > kills
    assert states["pending"] == 0
    assert states["succeeded"] > over > 0
    told.receiver.close()


def test_server_that_is_asked_to_end_leaves_all_in_the_file_for_tinydb(tmp_path: Path) -> None:
    server = Server(tmp_path, "--fixture", "reference")
    server.call("POST", "/clock/advance", {"by": "1h"})
    server.stop()

    assert (tmp_path / "default.log").read_bytes() == b""
    with TinyDB(tmp_path / "default.json") as database:
        [head] = database.table("sandbox").all()
    assert head["clock"]["at"] == "2026-05-06T11:00:00Z"


def test_key_that_several_know_leads_to_the_oldest_after_a_restart_too(tmp_path: Path) -> None:
    for sandboxes in (["zeta", "alpha"], []):
        app = create_app(ServerSettings(fixtures=("reference",), state=tmp_path))
        client = Client(app)
        for name in sandboxes:
            wish = {"name": name, "fixture": "empty"}
            assert client.post("/_emulator/sandboxes", json=wish).status_code == 201
        client.post("/_emulator/sandboxes/zeta/reset")

        client.post("/teekrr/sms", json={}, headers={"Authorization": "Bearer tk_empty"})

        asked = client.get("/_emulator/sandboxes/zeta/requests").get_json()["total"]
        app.close()
        assert asked == 1


def test_second_server_on_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    server = Server(tmp_path, "--fixture", "empty")
    try:
        [line] = refused("--port", "0", "--state", str(tmp_path)).splitlines()
    finally:
        server.stop()

    serving = (tmp_path / ".lock").read_text().strip()
    assert line == f"Error: state folder: another server (process {serving}) uses {tmp_path}"


def test_folder_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    [line] = refused("--port", "0", "--state", str(tmp_path / "file" / "state")).splitlines()

    assert line.endswith("file/state cannot be used: Not a directory")


def ask_for_permission() -> None:
    """Let root, too, do only what a file's mode allows; run it in a child before it begins."""
    drop_from_bounding_set, override, read_all = 24, 1, 2
    if os.geteuid() == 0:
        for right in (override, read_all):
            assert not ctypes.CDLL(None).prctl(drop_from_bounding_set, right, 0, 0, 0)


def test_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    ran = subprocess.run(
        [sys.executable, *START, "--state", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=ask_for_permission,
    )

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"Error: state folder {tmp_path} cannot be used: Permission denied\n"


@pytest.mark.parametrize("name", ["default.json", "default.log"])
def test_file_that_must_not_be_used_is_left_alone(tmp_path: Path, name: str) -> None:
    server = Server(tmp_path, "--fixture", "reference")
    server.kill()
    before = (tmp_path / name).read_bytes()
    (tmp_path / name).chmod(0o400 if name == "default.log" else 0)

    server = Server(tmp_path, "--fixture", "empty", preexec_fn=ask_for_permission)
    server.call("POST", "/clock/advance", {"by": "1h"})
    said = server.stop()

    (tmp_path / name).chmod(0o600)
    assert "default.json is left alone, and so is its sandbox: [Errno 13] Permission denied" in said
    assert (tmp_path / name).read_bytes() == before


@pytest.mark.breaks
@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/teekrr/sms", "Bearer tk_all"),
        ("/rapidpro/api/v2/contacts.json", "Token rp_token_admin"),
    ],
)
def test_write_for_which_the_disk_has_no_room_is_the_vendors_500(
    tmp_path: Path, path: str, key: str
) -> None:
    app = create_app(ServerSettings(fixtures=("reference",), state=tmp_path))
    client = Client(app)
    body = {"/teekrr/sms": SMS}.get(path, {"name": "Amina"})

    def post() -> TestResponse:
        return client.post(path, json=body, headers={"Authorization": key})

    try:
        size = (tmp_path / "default.log").stat().st_size
        before = app.emulator.get("default").store.counters.copy()
        with full_disk(size + 50):
            answer = post()
            again = app.emulator.get("default").store.counters.copy()
        assert answer.status_code == 500
        assert again == before
        assert post().status_code in (201, 202)
    finally:
        app.stop()
        app.close()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {"name": "more", "fixture": "reference"}),
        ("POST", "/default/reset", None),
        ("POST", "/default/clock/advance", {"by": "1h"}),
        ("POST", "/default/clock/advance", {"by": "30d"}),
        ("PUT", "/default/clock", {"mode": "real"}),
        ("POST", "/default/rate-limits/reset", {}),
        ("POST", "/default/callbacks/trigger", {"provider": "teekrr", "event": "delivered"}),
    ],
)
def test_control_call_for_which_the_disk_has_no_room_says_so(
    tmp_path: Path, method: str, path: str, body: Any
) -> None:
    app = create_app(ServerSettings(fixtures=("reference",), state=tmp_path))
    client, root = Client(app), "/_emulator/sandboxes"
    hook = {"provider": "teekrr", "url": "http://127.0.0.1:9/hook"}
    try:
        client.post(f"{root}/default/endpoints", json=hook)
        client.post("/teekrr/sms", json=SMS, headers={"Authorization": "Bearer tk_all"})
        before = take(app.emulator.get("default"))
        with full_disk((tmp_path / "default.log").stat().st_size + 20):
            answer = client.open(f"{root}{path}", method=method, json=body)
        assert answer.status_code == 507
        assert answer.json is not None
        assert "No space left on device" in answer.json["detail"]
        assert take(app.emulator.get("default")) == before
        again = client.open(f"{root}{path}", method=method, json=body)
        assert again.status_code in (200, 201)
    finally:
        app.stop()
        app.close()
