"""What a developer is told whose request was not served as it was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from flask import request

from emulator.core.journal import Exchange
from emulator.core.sandbox import Sandbox

from .provider import Provider

NEAREST = 3
REFUSED = frozenset({401, 403})

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
    return f"{slug} has no operation {method} {path[:200]}; nearest: {meant}"


def about(exchange: Exchange, status: int, found: Sandbox, provider: Provider) -> str | None:
    """Return what the vendor's refusal does not say, None where that says it all."""
    if exchange.fault is not None:
        return None
    return _about_key(found, provider) if status in REFUSED else _about_type(exchange)


def _about_key(found: Sandbox, provider: Provider) -> str | None:
    key = provider.credential(request.environ)
    if key is None or provider.vendor.account_of_key(found, key) is not None:
        return None
    return (
        f"no account of {provider.slug} has this key in the sandbox {found.name!r}; "
        f"GET /_emulator/sandboxes/{found.name} shows the keys there are"
    )


def _about_type(exchange: Exchange) -> str | None:
    """Say that a body looks like JSON and was read as something else, or not at all."""
    if exchange.operation is None or exchange.body[:64].lstrip()[:1] not in (b"{", b"["):
        return None
    given = next((value for name, value in exchange.headers if name == "Content-Type"), "")
    if "json" in given.lower():
        return None
    said = f"it came as {given[:100]}" if given else "nothing said so"
    return (
        f"the body looks like JSON, and {said}; it needs the header Content-Type: application/json"
    )
