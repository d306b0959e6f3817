"""API keys: recognise them, count requests, make and revoke them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, request

from emulator.core.clock import EPOCH
from emulator.core.errors import NotFound, Problems, Unauthorized
from emulator.core.ratelimits import limit_of
from emulator.core.sandbox import Sandbox
from emulator.web.context import caller, sandbox, set_caller, visit
from emulator.web.keys import stand_in
from emulator.web.operations import Operation
from emulator.web.parts import CamelPart, Value, key_text, read_part, text

from .kinds import ACCOUNTS, KEYS
from .records import SLUG, Key, WhAccount

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


def show_key(key: Key) -> dict[str, Any]:
    """Return a key as fixtures show it."""
    return {"name": key.name, "key": key.key}


def keys_of(found: Sandbox, account: Any) -> list[Key]:
    """Return the keys of an account, oldest first."""
    return found.store.table(KEYS).every("account", account.id)


def keys(found: Sandbox, account: Any) -> list[dict[str, Any]]:
    """Return the keys of an account as fixtures show them."""
    return [show_key(key) for key in keys_of(found, account)]


def load_key(
    found: Sandbox, account: WhAccount, given: Any, pointer: str, problems: Problems
) -> Key | None:
    """Add a key to an account, or rename the one with the same plaintext or change by name."""
    read = read_part(KeyPart(), given, pointer, problems)
    if read is None:
        return None
    table = found.store.table(KEYS)
    named = (key for key in keys_of(found, account) if key.name == read.get("name"))
    known = table.one("key", read["key"]) if "key" in read else next(named, None)
    if known is not None and known.account != account.id:
        problems.add(f"{pointer}/key", f"Account {known.account!r} has this key already")
        return None
    if known is not None:
        return table.change(known, **read)
    serial = found.ids.serial(KEYS.name)
    values = {"name": f"key-{serial}", **read}
    values.setdefault("key", f"wh_{found.ids.text(KEYS.name, 40, LETTERS)}")
    return table.put(Key(id=f"{SLUG}-key-{serial}", serial=serial, account=account.id, **values))


def make_key(
    found: Sandbox, account: WhAccount, given: Mapping[str, Any], problems: Problems
) -> dict[str, Any]:
    """Make a key for an account and return it, plaintext included.

    :raises Invalid: the wish has mistakes, or the account has a key of that name.
    """
    if any(key.name == given.get("name") for key in keys_of(found, account)):
        problems.add("/name", f"Account {account.id!r} has a key of this name already")
    plaintext = given.get("key")
    if isinstance(plaintext, str) and account_of_key(found, plaintext) is not None:
        problems.add("/key", "There is such a key already")
    problems.check()
    key = load_key(found, account, given, "", problems)
    problems.check()
    assert key is not None
    return show_key(key)


def drop_key(found: Sandbox, account: WhAccount, name: str) -> None:
    """Revoke a key, at once.

    :raises NotFound: the account has none of that name.
    """
    named = [key for key in keys_of(found, account) if key.name == name]
    if not named:
        raise NotFound(f"{SLUG}: account {account.id} has no key {name!r}")
    for key in named:
        found.store.table(KEYS).drop(key.id)
