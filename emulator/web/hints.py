"""What a developer is told whose request was not served as it was meant."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping

from flask import request

from emulator.core.journal import Exchange
from emulator.core.sandbox import Sandbox

from .bodies import unread_because
from .provider import Provider

NEAREST = 3
REFUSED = frozenset({401, 403})
TOO_LARGE, TOO_MANY = 413, 429

Place = tuple[str, str]
"""A method and a route."""


def nearest(method: str, path: str, places: Mapping[Place, str]) -> list[tuple[str, str, str]]:
    """Return the operations that look most like a request: (method, path, operation).

    What has more words of the path goes first: a client that left out the end of a path meant
    what lies below, however much longer that is.

    :param places: the id of the operation at each method and route.
    """
    words, wanted = _words(path), f"{method} {path}"

    def distance(place: Place) -> tuple[int, float, Place]:
        verb, route = place
        likeness = difflib.SequenceMatcher(None, wanted, f"{verb} {route}").ratio()
        return -len(words & _words(route)), -likeness, place

    return [(*place, places[place]) for place in sorted(places, key=distance)[:NEAREST]]


def _words(path: str) -> set[str]:
    return set(path.lower().strip("/").split("/"))


def no_operation(slug: str, method: str, path: str, near: Iterable[tuple[str, str, str]]) -> str:
    """Return what to say of a request that no operation is for."""
    meant = ", ".join(f"{verb} {route}" for verb, route, _ in near)
    said = f"{slug} has no operation {method} {path[:200]}; nearest: {meant}"
    return f"{said}; does the base URL end in a slash?" if path.startswith("//") else said


def about(exchange: Exchange, status: int, found: Sandbox, provider: Provider) -> str | None:
    """Return what the vendor's refusal does not say, None where that says it all."""
    if exchange.fault is not None:
        return None
    if status in REFUSED:
        return _about_key(exchange, found, provider)
    if status == TOO_MANY:
        return _about_limit(found, provider)
    if status == TOO_LARGE:
        return "the emulator takes bodies of up to 32 MiB"
    return _about_body(exchange)


def _about_key(exchange: Exchange, found: Sandbox, provider: Provider) -> str | None:
    key = provider.credential(request.environ)
    place = f"GET /_emulator/sandboxes/{found.name} shows the keys there are"
    if key is None and exchange.operation is not None:
        name, form = provider.vendor.key_header
        header = f"{name}: {form.format(key='KEY')}"
        return f"the request shows no key; it needs the header {header}; {place}"
    if key is None or provider.vendor.account_of_key(found, key) is not None:
        return None
    return f"no account of {provider.slug} has this key in the sandbox {found.name!r}; {place}"


def _about_limit(found: Sandbox, provider: Provider) -> str:
    """Say how to go on: in a test the vendor's limits are mostly in the way."""
    control, setting = f"/_emulator/sandboxes/{found.name}", {"rate_limits": {provider.slug: False}}
    return (
        f"requests are counted as {provider.slug} does; POST {control}/rate-limits/reset forgets "
        f"them, PATCH {control}/settings {json.dumps(setting)} counts no more"
    )


def _about_body(exchange: Exchange) -> str | None:
    """Say that a body was read as something else than it looks like, or why not at all."""
    if exchange.operation is None or not exchange.body:
        return None
    headers = dict(exchange.headers)
    given = headers.get("Content-Type", "")
    if "json" in given.lower():
        # Some vendors read other character sets, too.
        is_utf8 = "charset=" not in given.lower() or "utf-8" in given.lower()
        encoding = headers.get("Content-Encoding", "")
        return unread_because(exchange.body, encoding) if is_utf8 else None
    if exchange.body[:64].lstrip()[:1] not in (b"{", b"["):
        return None
    said = f"it came as {given[:100]}" if given else "nothing said so"
    return (
        f"the body looks like JSON, and {said}; it needs the header Content-Type: application/json"
    )
