"""Replay the recording and print the scores: ``python -m tests.providers.rapidpro.golden``."""

from __future__ import annotations

import argparse
import json
import urllib.request
from typing import Any

import click

from emulator.providers.rapidpro import PROVIDER
from tests.world import World

from .recording import Recording, load
from .replay import Replay, Result, scores
from .transport import InProcess, OverHTTP, Transport

BASE = "http://127.0.0.1:4600"


def in_process(recording: Recording) -> Replay:
    """Return a replay against an emulator in this process."""
    world = World([PROVIDER], [recording.fixture])
    transport = InProcess(world.client.application, BASE.removeprefix("http://"))
    return Replay(recording, transport, f"{BASE}/rapidpro")


def over_http(recording: Recording, server: str) -> Replay:
    """Return a replay against a new sandbox of a running server."""
    body = {"name": "golden", "fixture": recording.fixture, "clock": {"mode": "manual"}}
    request = urllib.request.Request(
        f"{server}/_emulator/sandboxes",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request):
        transport: Transport = OverHTTP(server)
    return Replay(recording, transport, f"{server}/s/golden/rapidpro")


def show(result: Result, *, is_full: bool) -> None:
    """Print how a step differs."""
    step, request = result.step, result.step["request"]
    mark = " [engine]" if step.get("engine") else ""
    click.echo(f"\n{step['id']}{mark}  {step.get('comment', '')}")
    query = request.get("query") or request.get("query_raw") or ""
    sent = next((request[key] for key in ("body", "form", "body_raw") if key in request), "")
    click.echo(f"   {request['method']} {request['path']} {brief(query)} {brief(sent)}")
    for difference in [each for each in result.differences if is_full or each.is_hard][:4]:
        click.echo(f"   {difference.kind:9} {difference.where}")
        click.echo(f"      expected {brief(difference.expected)}")
        click.echo(f"      actual   {brief(difference.actual)}")


def brief(value: Any, limit: int = 200) -> str:
    """Return a value as a text that fits a line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[:limit]}…"


def main() -> None:
    """Run the replay that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url", help="a running server; otherwise one in this process")
    parser.add_argument("--endpoint", action="append", help="show and score only these")
    parser.add_argument("--show", type=int, default=40, help="how many differing steps to print")
    parser.add_argument("--full", action="store_true", help="print soft differences too")
    asked = parser.parse_args()
    recording = load()
    url = asked.base_url
    replay = over_http(recording, url.rstrip("/")) if url else in_process(recording)
    results = [
        result
        for result in replay.run()
        if not asked.endpoint or result.step["endpoint"] in asked.endpoint
    ]
    differing = [r for r in results if not r.is_core or (asked.full and r.differences)]
    for result in differing[: asked.show]:
        show(result, is_full=asked.full)
    click.echo(f"\n{'endpoint':22} {'steps':>6} {'core':>6} {'full':>6}")
    for name, score in scores(results).items():
        click.echo(f"{name:22} {score.steps:6} {score.core:6} {score.full:6}")
    core = sum(result.is_core for result in results)
    full = sum(not result.differences for result in results)
    click.echo(f"{core} of {len(results)} core, {full} full")


if __name__ == "__main__":
    main()
