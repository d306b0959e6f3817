"""Whether memory stays flat: mixed load at a steady rate, in memory and with ``--state``."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any, NamedTuple

from .crowds import (
    CUEDESK,
    CUEDESK_AUTH,
    LOCATION,
    SEGMENT,
    WHAUTOMATE,
    WHAUTOMATE_AUTH,
    rows,
)
from .rapidpro import people
from .receiver import Receiver
from .servers import MIB, Emulator
from .table import Figure
from .worlds import CONTACT, FIXTURE, RAPIDPRO_AUTH, TEEKRR_AUTH, sms

WARM_UP = 120.0
CYCLE = 15
"""Seconds, a turn each, after which what has been stored is put back to what there was before."""
PEOPLE = 200
CONTROL = "/_emulator/sandboxes"
T_95 = 2.2
"""Of some ten points, how many standard errors leave out 5 of 100."""
KEEP = {
    "requests": {"count": 1000},
    "callbacks": {"count": 1000},
    "events": {"count": 1000},
    "sink": {"count": 200},
}
"""Low enough to be reached within the warm-up."""
TEXT = {"name": "Bench", "type": "contact", "template": {"name": "hello", "language": "en"}}


class Sample(NamedTuple):
    """What a server holds, in MiB, so many seconds after the beginning."""

    at: float
    held: float


class Trend(NamedTuple):
    """A straight line through what was measured.

    :param slope: a second.
    :param error: by which the slope may be off, 95 times of 100.
    """

    slope: float
    error: float


def endurance(rounds: int) -> list[Figure]:
    """Mixed load at a steady rate for as many minutes as there are rounds, after two to warm up."""
    receiver, home = Receiver(), Path(tempfile.mkdtemp(prefix="bench-endurance-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home)
        stack.callback(receiver.close)
        loads = {
            name: stack.enter_context(_under_load(receiver.url, options))
            for name, options in {"in memory": (), "--state": ("--state", str(home))}.items()
        }
        _watch(loads, WARM_UP + rounds * 60)
        figures = [figure for name, load in loads.items() for figure in _figures(name, load)]
        size = sum(path.stat().st_size for path in home.iterdir()) / MIB
        return [*figures, Figure("the state folder then", size, "MiB", beside="")]


@contextmanager
def _under_load(hook: str, options: Sequence[str]) -> Iterator[_Load]:
    with Emulator("empty", *options) as server:
        load = _Load(server, hook)
        try:
            yield load
        finally:
            load.stop()


def _watch(loads: dict[str, _Load], seconds: float) -> None:
    """Note the memory of the servers once a second, and say every minute how much it is."""
    began, minute = perf_counter(), 1
    while (passed := perf_counter() - began) < seconds:
        for load in loads.values():
            load.sample(passed)
        if passed >= minute * 60:
            shown = [f"{load.latest_minute(passed):.1f} MiB {name}" for name, load in loads.items()]
            print(f"  minute {minute}: {', '.join(shown)}", flush=True)
            minute += 1
        threading.Event().wait(1)


def _figures(name: str, load: _Load) -> Iterator[Figure]:
    # A cycle ends with more than it began with: only whole ones can be compared.
    *whole, _ = load.samples.values()
    cycles = [_mean(samples) for samples in whole if samples[0].at >= WARM_UP]
    trend = _trend(cycles)
    hour, error = trend.slope * 3600, trend.error * 3600
    first, last = cycles[0].held, cycles[-1].held
    yield Figure(f"memory under steady load, {name}", last, "MiB", first, "after warming up")
    yield Figure(f"its growth in an hour, {name}", hour, "MiB", beside=f"give or take {error:.1f}")
    yield Figure(f"requests, {name}", load.rate, "/s", beside="")


def _mean(samples: Sequence[Sample]) -> Sample:
    return Sample(mean(each.at for each in samples), mean(each.held for each in samples))


def _trend(points: Sequence[Sample]) -> Trend:
    """Return the line of least squares.

    Its error is larger where neighbours are alike: they then say less than as many that are not.
    """
    middle, level = _mean(points)
    spread = sum((each.at - middle) ** 2 for each in points)
    slope = sum((each.at - middle) * (each.held - level) for each in points) / spread
    left = [each.held - level - slope * (each.at - middle) for each in points]
    squares = sum(rest**2 for rest in left) or 1e-9
    alike = sum(a * b for a, b in pairwise(left)) / squares
    worth = len(points) * (1 - max(alike, 0)) / (1 + max(alike, 0))
    return Trend(slope, T_95 * sqrt(squares / max(worth - 2, 1) / spread))


class _Load:
    """A client that does the same things each second, and what its server holds meanwhile.

    :ivar samples: of each cycle, seconds since the beginning and MiB.
    """

    def __init__(self, server: Emulator, hook: str) -> None:
        self.samples: dict[int, list[Sample]] = {}
        self.server = server
        self._wish = _wish(hook, f"{server.url}{CONTROL}/steady/sink/whautomate")
        self._over = threading.Event()
        self._answers = self._cycle = 0
        self._began = perf_counter()
        self._ask("POST", CONTROL, self._wish)
        self._threads = [
            threading.Thread(target=target, daemon=True) for target in (self._run, self._follow)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def rate(self) -> float:
        """How many requests were answered a second."""
        return self._answers / (perf_counter() - self._began)

    def sample(self, at: float) -> None:
        """Note what the server holds."""
        if not self._threads[0].is_alive():
            raise RuntimeError("the client gave up; see its traceback")
        self.samples.setdefault(self._cycle, []).append(Sample(at, self.server.memory()))

    def latest_minute(self, now: float) -> float:
        """Return what the server has held in the last minute."""
        samples = [sample for cycle in self.samples.values() for sample in cycle]
        return mean(sample.held for sample in samples if sample.at > now - 60)

    def stop(self) -> None:
        """End the load."""
        self._over.set()
        self._threads[0].join(60)

    def _run(self) -> None:
        began, turn = perf_counter(), 0
        while not self._over.wait(max(0.0, began + turn - perf_counter())):
            self._broadcasts(turn)
            self._contacts(turn)
            self._reading()
            self._refused(turn)
            self._testing(turn)
            self._sandboxes(turn)
            turn += 1
            if turn % CYCLE == 0:
                self._control("POST", "/reset", {})
                self._cycle += 1

    def _follow(self) -> None:
        """Follow the events; a reset ends the stream, and the next begins."""
        while not self._over.is_set():
            connection = HTTPConnection(self.server.host, timeout=60)
            with suppress(OSError, HTTPException):
                connection.request("GET", f"{CONTROL}/steady/events")
                answer = connection.getresponse()
                while answer.read1(1 << 16) and not self._over.is_set():
                    pass
            connection.close()

    # --- what is done ------------------------------------------------------------------

    def _broadcasts(self, turn: int) -> None:
        self._call("teekrr/sms", TEEKRR_AUTH, sms(40))
        if turn % 2:
            self._call("cuedesk/v2/broadcasts", CUEDESK_AUTH, rows(20))
        if turn % 5 == 0:
            body: dict[str, Any] = {"text": "Hi @contact.first_name", "groups": ["Some"]}
            self._call("rapidpro/api/v2/broadcasts.json", RAPIDPRO_AUTH, body)
            body = {**TEXT, "segments": [{"id": SEGMENT}], "location": {"id": LOCATION}}
            self._call("whautomate/v1/broadcasts", WHAUTOMATE_AUTH, body)

    def _contacts(self, turn: int) -> None:
        for number in range(turn * 4 % PEOPLE, turn * 4 % PEOPLE + 4):
            place = f"rapidpro/api/v2/contacts.json?uuid={CONTACT.format(number)}"
            self._call(place, RAPIDPRO_AUTH, {"fields": {"age": str(turn % 90)}, "groups": []})

    def _reading(self) -> None:
        for list_ in ("messages.json?folder=sent", "contacts.json", "broadcasts.json"):
            self._call(f"rapidpro/api/v2/{list_}", RAPIDPRO_AUTH)
        for list_ in ("messages", "callbacks", "requests", "broadcasts", "sink"):
            self._control("GET", f"/{list_}?limit=50")

    def _refused(self, turn: int) -> None:
        self._call("teekrr/sms", {"Authorization": f"Bearer nobody-{turn}"}, sms(1), 401)
        self._call(f"teekrr/nowhere/{turn}", TEEKRR_AUTH, {}, 404)
        self._call("rapidpro/api/v2/contacts.json", RAPIDPRO_AUTH, {"urns": [str(turn)]}, 400)
        self._control("PATCH", "/settings", {"keep": {"requests": {"count": 0}}}, 422)

    def _testing(self, turn: int) -> None:
        person = {"provider": "rapidpro", "from": f"tel:+2547{22_000_000 + turn % PEOPLE}"}
        self._control("POST", "/inbound", {**person, "text": f"Answer {turn}"})
        rule = {"id": f"rule-{turn}", "outcome": "undelivered", "share": 0.1}
        self._control("POST", "/outcomes", rule)
        self._control("DELETE", f"/outcomes/rule-{turn}")
        fault = {"id": f"fault-{turn}", "provider": "teekrr", "fault": {"error": "server_error"}}
        self._control("POST", "/faults", fault)
        self._call("teekrr/sms", TEEKRR_AUTH, sms(1), 500)
        self._control("DELETE", f"/faults/fault-{turn}")

    def _sandboxes(self, turn: int) -> None:
        fork, copy, other = f"fork-{turn}", f"copy-{turn}", f"other-{turn}"
        manual = {"clock": {"mode": "manual"}}
        self._ask("POST", CONTROL, {"name": fork, "from": "steady", **manual})
        self._ask("POST", f"/s/{fork}/teekrr/sms", sms(5), TEEKRR_AUTH)
        if turn % 3 == 0:
            self._ask("POST", f"{CONTROL}/{fork}/clock/advance", {"until": "idle"})
            taken = self._ask("GET", f"{CONTROL}/{fork}/snapshot")
            self._ask("PUT", f"{CONTROL}/{copy}/snapshot", taken)
            self._ask("DELETE", f"{CONTROL}/{copy}")
        if turn % 5 == 0:
            wish = {**self._wish, "name": other, "seed": turn}
            self._ask("POST", CONTROL, wish)
            self._ask("DELETE", f"{CONTROL}/{other}")
        self._ask("DELETE", f"{CONTROL}/{fork}")

    def _control(self, method: str, path: str, body: Any = None, status: int | None = None) -> None:
        self._ask(method, f"{CONTROL}/steady{path}", body, status=status)

    def _call(
        self, path: str, auth: dict[str, str], body: Any = None, status: int | None = None
    ) -> None:
        self._ask("GET" if body is None else "POST", f"/s/steady/{path}", body, auth, status)

    def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        auth: dict[str, str] | None = None,
        status: int | None = None,
    ) -> bytes:
        answer = self.server.answer(method, path, body, auth)
        if status not in (None, answer.status) or (status is None and answer.status >= 300):
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.body[:1000]!r}")
        self._answers += 1
        return answer.body


def _wish(hook: str, sink: str) -> dict[str, Any]:
    """Return the sandbox that the load is on: a real clock on which a minute takes a second."""
    contacts = [
        {"name": f"Person {at}", "phoneNumber": f"+1202{5_000_000 + at}", "location": LOCATION}
        for at in range(50)
    ]
    whautomate = {"accounts": [{**WHAUTOMATE, "contacts": contacts}]}
    documents = [
        FIXTURE,
        people(PEOPLE),
        CUEDESK,
        {
            "emulator": 1,
            "whautomate": whautomate,
            "endpoints": [
                {"provider": "teekrr", "url": hook},
                {"provider": "cuedesk", "url": hook},
                {"provider": "whautomate", "url": sink},
                {"provider": "teekrr", "url": "http://127.0.0.1:9/closed", "events": ["failed"]},
            ],
        },
    ]
    return {
        "name": "steady",
        "fixture": documents,
        "clock": {"mode": "real", "rate": 60},
        "settings": {"keep": KEEP},
    }
