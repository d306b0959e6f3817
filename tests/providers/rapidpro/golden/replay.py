"""Replays the recording against a server that holds its fixture, and scores the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .matching import Difference, Matcher, compare_headers
from .placeholders import UnknownValue, Values
from .recording import Recording
from .transport import Answer, Request, Transport, build

READS = ("GET", "HEAD", "OPTIONS")
JSON = "application/json"
#: Ids that no object has, for those that the server does not show.
NOWHERE = "dead0000-0000-4000-8000-%012x"
NO_NUMBER = 880_000_000


class Result(NamedTuple):
    """How one step went."""

    step: dict[str, Any]
    differences: list[Difference]

    @property
    def is_core(self) -> bool:
        return not any(difference.is_hard for difference in self.differences)


class Score(NamedTuple):
    """How many of an endpoint's steps agree."""

    steps: int
    core: int
    full: int


class Replay:
    """One run through the recording.

    :param base: the provider's base URL; the sandbox's clock must be manual.
    """

    def __init__(self, recording: Recording, transport: Transport, base: str) -> None:
        self._recording = recording
        self._transport = transport
        self._base = base
        sandbox = re.search(r"/s/([^/]+)/", f"{base}/")
        name = sandbox[1] if sandbox else "default"
        self._clock = f"/_emulator/sandboxes/{name}/clock/advance"
        tokens = {f"token:{role}": key for role, key in recording.tokens.items()}
        self._values = Values(base, {**tokens, **self._known_ids(), **self._emails()})

    def run(self) -> Iterator[Result]:
        """Send every step in turn; yield the results of those that are scored."""
        self._look_up()
        for step in self._recording.steps:
            differences = self._take(step)
            if "response" in step and not step.get("quirk"):
                yield Result(step, differences)

    # --- Ids that the fixture does not give

    def _known_ids(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in self._recording.objects.items():
            if "uuid" in item:
                found[f"uuid:{key}"] = item["uuid"]
            if "id" in item:
                found[f"int:{key}"] = item["id"]
        return found

    def _emails(self) -> dict[str, str]:
        roles = {key: role for role, key in self._recording.tokens.items()}
        found = {}
        for workspace in self._recording.fixture["rapidpro"]["workspaces"]:
            for user in workspace["users"]:
                for token in user.get("tokens", ()):
                    key = token if isinstance(token, str) else token["key"]
                    if key in roles:
                        found[f"email:{roles[key]}"] = user["email"]
        return found

    def _look_up(self) -> None:
        """Find the ids that the server has drawn, by what its lists show."""
        for role, prefix in (("admin", "main"), ("bare", "bare"), ("big", "big")):
            self._learn_built_ins(role, prefix)
        for role in ("admin", "other", "anon"):
            for endpoint, same in (
                ("runs", "uuid"),
                ("flow_starts", "uuid"),
                ("resthook_subscribers", "target_url"),
                ("channel_events", "type"),
            ):
                self._learn_numbers(self._list(role, endpoint), same)
        for at, key in enumerate(self._recording.objects):
            if f"uuid:{key}" not in self._values:
                self._values.learn(f"uuid:{key}", NOWHERE % at)
            if f"int:{key}" not in self._values:
                self._values.learn(f"int:{key}", NO_NUMBER + at)

    def _learn_built_ins(self, role: str, prefix: str) -> None:
        for endpoint, name, key in (
            ("groups", "Open Tickets", f"group.{prefix}_open_tickets"),
            ("topics", "General", f"topic.{prefix}_general"),
        ):
            for item in self._list(role, endpoint):
                if item["name"] == name:
                    self._values.learn(f"uuid:{key}", item["uuid"])
        for user in self._list(role, "users"):
            if user["team"] is not None and user["team"]["name"] == "All Topics":
                self._values.learn(f"uuid:team.{prefix}_default", user["team"]["uuid"])

    def _learn_numbers(self, items: list[Any], same: str) -> None:
        for key, known in self._recording.objects.items():
            for item in items:
                if same in known and known[same] == item.get(same) and "id" in item:
                    self._values.learn(f"int:{key}", item["id"])

    def _list(self, role: str, endpoint: str) -> list[Any]:
        target = f"{urlsplit(self._base).path}/api/v2/{endpoint}.json"
        found: list[Any] = []
        while target:
            headers = {"Authorization": f"Token {self._recording.tokens[role]}", "Accept": JSON}
            answer = self._transport.send(Request("GET", target, headers))
            if answer.status != 200:
                break
            page = answer.parsed()
            found += page["results"]
            link = urlsplit(page["next"] or "")
            target = f"{link.path}?{link.query}" if link.path else ""
        return found

    # --- Steps

    def _take(self, step: dict[str, Any]) -> list[Difference]:
        if "advance" in step:
            self._advance(step["advance"])
        elif step["request"]["method"] not in READS:
            # What is changed last shall be listed first.
            self._advance(0.001)
        try:
            request = build(step["request"], self._base, self._values)
        except UnknownValue as error:
            return [Difference("status", "request", "sent", f"no value of {error}")]
        answer = self._transport.send(request)
        body = answer.parsed()
        differences = self._compare(step, answer, body) if "response" in step else []
        self._capture(step, body)
        return differences

    def _advance(self, seconds: float) -> None:
        body = json.dumps({"by": seconds}).encode()
        self._transport.send(Request("POST", self._clock, {"Content-Type": JSON}, body))

    def _compare(self, step: dict[str, Any], answer: Answer, body: Any) -> list[Difference]:
        expected, status = step["response"], answer.status
        if status in step.get("accept", ()):
            return []
        if step.get("crash"):
            is_refused = 400 <= status < 500
            return [] if is_refused else [Difference("status", "status", "4xx", status)]
        found = []
        if status != expected["status"]:
            found.append(Difference("status", "status", expected["status"], status))
        wanted = expected["body"]
        if isinstance(wanted, dict) and wanted.keys() & {"$html", "$text"}:
            if body != wanted:
                found.append(Difference("nonjson", "$", wanted, body))
        else:
            matcher = Matcher(self._values, is_error=expected["status"] >= 400)
            found += matcher.differences(wanted, body)
        found += compare_headers(expected["headers"], answer.headers, self._values)
        return found

    def _capture(self, step: dict[str, Any], body: Any) -> None:
        for name, path in step.get("capture", {}).items():
            self._values.forget(name)
            value = body
            for part in re.findall(r"[^.\[\]$]+", path):
                try:
                    value = value[int(part)] if isinstance(value, list) else value[part]
                except (KeyError, IndexError, TypeError, ValueError):
                    value = None
                    break
            self._values.learn(name, value)


def scores(results: list[Result]) -> dict[str, Score]:
    """Return the score of each endpoint."""
    found: dict[str, Score] = {}
    for result in results:
        before = found.get(result.step["endpoint"], Score(0, 0, 0))
        found[result.step["endpoint"]] = Score(
            before.steps + 1, before.core + result.is_core, before.full + (not result.differences)
        )
    return found
