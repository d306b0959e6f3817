"""API keys: recognise them, count requests, make and revoke them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, request

from emulator.core.clock import EPOCH
from emulator.core.errors import Unauthorized
from emulator.core.ratelimits import limit_of
from emulator.core.sandbox import Sandbox
from emulator.core.store import Record
from emulator.web.context import caller, sandbox, set_caller, visit
from emulator.web.keys import KeyRing, stand_in
from emulator.web.operations import Operation
from emulator.web.parts import CamelPart, Value, key_text, text

from .kinds import ACCOUNTS, KEYS
from .records import SLUG, Key

# Assumed: read off the vendor's sibling product.
LIMIT, WINDOW = 100, timedelta(minutes=1)
EVERYTHING = "*"
NO_KEY = "API key is required"
UNKNOWN_KEY = "Invalid API key"
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def credential(environ: Mapping[str, Any]) -> str | None:
    """Return the key of a request, None if there is none."""
    return str(environ.get("HTTP_X_API_KEY", "")).strip() or None


def account_of_key(found: Sandbox, key: str) -> str | None:
    """Return the account that a key belongs to, or None."""
    known = found.store.table(KEYS).one("key", key)
    return known.account if known else None


def admit(operation: Operation | None) -> None:
    """Recognise the caller and count the request."""
    if operation is not None:
        recognise()


def recognise() -> None:
    """Recognise the caller and count the request, whatever it asks for.

    :raises Unauthorized: there is no key, or nobody has it.
    :raises RateLimited: the account has had its requests.
    """
    key = credential(request.environ)
    if key is None:
        raise Unauthorized(NO_KEY)
    found = sandbox()
    with found.store.lock:
        id = account_of_key(found, key)
        account = found.store.table(ACCOUNTS).get(id) if id else stand_in(found, ACCOUNTS, key)
        if account is None:
            raise Unauthorized(UNKNOWN_KEY)
        set_caller(account)
        limit = _limit(found)
        if limit is not None:
            most, window = limit
            found.limits.count_fixed((SLUG, account.id), most, window, found.clock.now())


def _limit(found: Sandbox) -> tuple[int, timedelta] | None:
    return limit_of(found.settings["rate_limits"][SLUG], EVERYTHING, LIMIT, WINDOW)


def finish(response: Response) -> Response:
    """Tell an account that is limited how many requests it has left."""
    found, account = visit().sandbox, caller()
    limit = _limit(found) if found is not None and account is not None else None
    if found is None or limit is None:
        return response
    most, window = limit
    now = found.clock.now()
    start, used = found.limits.fixed_use((SLUG, account.id), window, now)
    response.headers["X-RateLimit-Limit"] = str(most)
    response.headers["X-RateLimit-Remaining"] = str(max(0, most - used))
    response.headers["X-RateLimit-Reset"] = str(-((EPOCH - start - window) // timedelta(seconds=1)))
    return response


class KeyPart(CamelPart):
    """An API key as fixtures and the control API write it."""

    name = Value(text)
    key = Value(key_text)


def _draw(found: Sandbox) -> str:
    return f"wh_{found.ids.text(KEYS.name, 40, LETTERS)}"


def _show(key: Key) -> dict[str, Any]:
    return {"name": key.name, "key": key.key}


RING = KeyRing(KEYS, KeyPart, _draw, _show, "account")


def keys(found: Sandbox, account: Record) -> list[dict[str, Any]]:
    """Return the keys of an account as fixtures show them."""
    return [_show(key) for key in RING.of(found, account)]


def drop_key(found: Sandbox, account: Record, name: str) -> None:
    """Revoke a key, at once.

    :raises NotFound: the account has none of that name.
    """
    for key in RING.named(found, account, name):
        found.store.table(KEYS).drop(key.id)
