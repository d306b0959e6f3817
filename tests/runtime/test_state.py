"""``serve --state``: killed at any instant, a server goes on where it was."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
import requests
from tinydb import TinyDB
from werkzeug.test import Client, TestResponse

from emulator.app import create_app
from emulator.core.keeper import Keeper
from emulator.core.records import DELIVERIES
from emulator.core.sandbox import Sandbox
from emulator.registry import PROVIDERS
from emulator.settings import ServerSettings
from tests.runtime.test_serving import refused
from tests.scenarios.servers import PATIENCE, ROOT, Receiver
from tests.world import RecordingSender

START = ("-m", "emulator", "serve", "--port", "0", "--json")
SECONDS = 18
LEAST_ROUNDS = 8
CREDIT = 100_000_000
RECIPIENTS = 20
FIXTURE = {
    "emulator": 1,
    "settings": {"rate_limits": {"teekrr": False}},
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

    def __init__(self, folder: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *START, "--state", str(folder), *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
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
        self.is_over = threading.Event()
        self.threads: list[threading.Thread] = []
        self._sent = 0
        self._lock = threading.Lock()

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
        answer = session.post(
            f"{url}/rapidpro/api/v2/contacts.json?urn={urn}",
            json={"name": str(number)},
            headers={"Authorization": "Token rp_token_admin"},
            timeout=PATIENCE,
        )
        assert answer.ok, answer.text
        self.named[urn] = number

    def load(self, url: str, seconds: float) -> None:
        self.is_over.clear()
        urns = ("tel:+254722000001", "tel:+254722000002")
        deeds = [self.send, self.send, *(partial(self.rename, urn) for urn in urns)]
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
        messages = list(found.store.table(VENDORS["teekrr"].messages))
        sizes = Counter(message.broadcast for message in messages)
        assert set(sizes.values()) <= {RECIPIENTS}
        assert self.broadcasts <= set(sizes)
        waiting = [m.id for m in messages if m.taken < len(m.plan.path)]
        assert all(found.agenda.planned("teekrr.step", id) for id in waiting)
        [client] = [c for c in found.store.table(VENDORS["teekrr"].accounts) if c.id == "acme"]
        billing = client.billing
        assert billing.balance + billing.reserved + billing.spent == CREDIT
        assert billing.reserved == sum(
            m.rate for m in messages if m.state in ("pending", "enqueued")
        )
        contacts = found.store.tables()["rapidpro.contacts"]
        names = {urn: contact.name for contact in contacts for urn in contact.urns}
        for urn, number in self.named.items():
            assert int(names[urn]) in (number, number + 1)


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
        self.over: set[bytes] = set()

    def check(self, found: Sandbox) -> Counter[str]:
        """Check what has come since the last time; return how many callbacks are in which state."""
        assert not self.over & {arrival.body for arrival in self.receiver.all()}
        deliveries = list(found.store.table(DELIVERIES))
        # Whatever is recorded has arrived before: it may not come from now on.
        self.over |= {d.body for d in deliveries if d.state == "succeeded"}
        return Counter(delivery.state for delivery in deliveries)


@pytest.mark.timeout(120)
def test_nothing_acknowledged_is_lost_whenever_it_is_killed(tmp_path: Path) -> None:
    folder, fixture = tmp_path / "state", tmp_path / "rich.json"
    fixture.write_text(json.dumps(FIXTURE))
    options = ("--fixture", "reference", "--fixture", str(fixture), "--clock", "real")
    customer, told, chance = Customer(), Told(), random.Random(1)
    until, rounds = perf_counter() + SECONDS, 0
    while rounds < LEAST_ROUNDS or perf_counter() < until:
        server = Server(folder, *options)
        if not rounds:
            server.call("POST", "/endpoints", {"provider": "teekrr", "url": told.receiver.url})
        customer.load(server.url, chance.uniform(0.0, 0.5))
        server.kill()
        customer.rest()
        found = found_in(folder, tmp_path / "copy")
        customer.check(found)
        told.check(found)
        rounds += 1

    server = Server(folder, *options)
    server.call("POST", "/clock/advance", {"until": "idle"})
    while server.call("GET", "/clock")["in_flight"]:
        pass
    server.stop()

    found = found_in(folder, tmp_path / "copy")
    customer.check(found)
    over = len(told.over)
    states = told.check(found)
    assert len(customer.broadcasts) > rounds
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


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    [line] = refused("--port", "0", "--state", str(tmp_path)).splitlines()

    assert line.endswith("cannot be used: Permission denied")


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
    body = {
        "/teekrr/sms": {
            "campaignName": "May",
            "type": "quick broadcast",
            "templateContent": "Hello",
            "recipients": ["60123456789"],
        }
    }.get(path, {"name": "Amina"})

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


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file of this process become larger, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
