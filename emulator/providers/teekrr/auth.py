"""API keys: recognise them, check what they may do, count requests, make and revoke them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from flask import request

from emulator.core.errors import NotFound
from emulator.core.ratelimits import limit_of
from emulator.core.sandbox import Sandbox
from emulator.core.store import Record
from emulator.web import context
from emulator.web.context import caller, sandbox, set_caller
from emulator.web.keys import bearer, stand_in
from emulator.web.operations import Operation

from . import errors
from .records import CLIENTS, KEYS, SLUG, UPLOADS, Client, Key

WINDOW = timedelta(minutes=15)
PATHS = frozenset(
    {
        "/sms",
        "/whatsapp",
        "/whatsapp/test",
        "/whatsapp/upload-header-image",
        "/email",
        "/broadcasts/validate",
    }
)
MEDIA_PREFIX = "/_media/"


def credential(environ: Mapping[str, Any]) -> str | None:
    """Return what leads to the sandbox of a request: its key, or the id of an upload."""
    path = str(environ.get("PATH_INFO", ""))
    if MEDIA_PREFIX in path:
        return path.rpartition("/")[2]
    return bearer(environ)


def account_of_key(found: Sandbox, key: str) -> str | None:
    """Return the client that a key, good or not, belongs to.

    The id of an upload counts as well, so that links to uploads work without a key.
    """
    known = found.store.table(KEYS).one("key", key)
    if known is not None:
        return known.account
    upload = found.store.table(UPLOADS).find(key)
    return upload.account if upload else None


def admit(operation: Operation | None) -> None:
    """Recognise the caller, check address and scope, and count the request."""
    if operation is None:
        return
    extras = operation.extras or {}
    scope = extras.get("scope")
    key = _recognise()
    if scope is not None:
        _check_scope(key, scope)
    _count(request.path, extras.get("limit"))
    context.notes()["teekrr_key"] = key


def require_scope(scope: str) -> None:
    """Check the caller's scope where only the body says which it takes."""
    _check_scope(context.notes()["teekrr_key"], scope)


def _recognise() -> Key:
    given = bearer(request.environ)
    if given is None:
        raise errors.NoCredentials
    found = sandbox()
    key = found.store.table(KEYS).one("key", given) or _stand_in(found, given)
    if key is None:
        raise errors.UnknownKey
    set_caller(found.store.table(CLIENTS).get(key.account))
    now = found.clock.now()
    if key.revoked_at is not None and key.revoked_at <= now:
        raise errors.RevokedKey
    if key.expires_at is not None and key.expires_at <= now:
        raise errors.ExpiredKey
    if key.ip_whitelist and not _is_listed(_caller_address(), key.ip_whitelist):
        raise errors.ForeignAddress
    return key


def _stand_in(found: Sandbox, given: str) -> Key | None:
    client = stand_in(found, CLIENTS, given)
    if client is None:
        return None
    return Key(id="", serial=0, account=client.id, name="any", key=given)


def _check_scope(key: Key, scope: str) -> None:
    if scope not in key.scopes:
        raise errors.MissingScope(scope)


def _count(path: str, documented: int | None) -> None:
    found = sandbox()
    setting = found.settings["rate_limits"][SLUG]
    if documented is None and not isinstance(setting, dict):
        return
    limit = limit_of(setting, path, documented or 0, WINDOW)
    if limit is not None:
        most, window = limit
        found.limits.count_fixed((SLUG, caller().id, path), most, window, found.clock.now())


def _caller_address() -> str:
    if sandbox().settings[SLUG]["trust_forwarded_for"]:
        forwarded = request.headers.get("X-Forwarded-For")
        if forwarded:
            return forwarded.partition(",")[0].strip()
    return request.remote_addr or ""


def _is_listed(address: str, whitelist: tuple[str, ...]) -> bool:
    try:
        caller_address = _plain(ip_address(address))
    except ValueError:
        return False
    return any(caller_address in network(entry) for entry in whitelist)


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=1024)
def network(entry: str) -> Any:
    """Return an entry of a whitelist, an address or a CIDR block, as a network.

    :raises ValueError: it is neither.
    """
    try:
        found = ip_network(entry, strict=False)
    except ValueError:
        raise ValueError("Must be an IPv4 or IPv6 address or CIDR block") from None
    mapped = getattr(found.network_address, "ipv4_mapped", None)
    if mapped is not None and found.prefixlen >= 96:
        return ip_network((mapped, found.prefixlen - 96))
    return found


def show_key(key: Key) -> dict[str, Any]:
    """Return a key as fixtures show it."""
    return {
        "name": key.name,
        "key": key.key,
        "scopes": list(key.scopes),
        "ipWhitelist": list(key.ip_whitelist),
        "expiresAt": key.expires_at,
        "revokedAt": key.revoked_at,
    }


def keys_of(found: Sandbox, account: Record) -> list[Key]:
    """Return the keys of a client, oldest first."""
    return found.store.table(KEYS).every("account", account.id)


def keys(found: Sandbox, account: Record) -> list[dict[str, Any]]:
    """Return the keys of a client as fixtures show them."""
    return [show_key(key) for key in keys_of(found, account)]


def draw_key(found: Sandbox) -> str:
    """Return the plaintext of a new key."""
    return f"tk_{found.ids.text('teekrr.keys', 40)}"


def drop_key(found: Sandbox, account: Client, name: str) -> None:
    """Revoke a key, at once.

    :raises NotFound: the client has none of that name.
    """
    named = [key for key in keys_of(found, account) if key.name == name]
    if not named:
        raise NotFound(f"{SLUG}: client {account.id} has no key {name!r}")
    for key in named:
        if key.revoked_at is None:
            found.store.table(KEYS).change(key, revoked_at=found.clock.now())
