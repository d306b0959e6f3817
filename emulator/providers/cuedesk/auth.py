"""API keys: recognise them, count requests, make and revoke them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import request

from emulator.core.errors import NotFound, Problems, Unauthorized
from emulator.core.ratelimits import limit_of
from emulator.core.records import Account
from emulator.core.sandbox import Sandbox
from emulator.web.context import caller, rests_on, sandbox, set_caller
from emulator.web.keys import bearer, stand_in
from emulator.web.operations import Operation
from emulator.web.parts import key_text, text

from .records import KEYS, SLUG, WORKSPACES, Key, Workspace

PATHS = frozenset(
    {
        "/v2/broadcasts",
        "/broadcasts",
        "/v2/messages/whatsapp",
        "/v1/messages/whatsapp",
        "/v1/messages",
        "/v1/contacts",
    }
)
# No numbers are documented: these are what ``settings.rate_limits.cuedesk: true`` means.
ASSUMED_LIMIT = 100
ASSUMED_WINDOW = timedelta(minutes=1)
EVERYTHING = "*"


def credential(environ: Mapping[str, Any]) -> str | None:
    """Return what leads to the sandbox of a request: its key."""
    return bearer(environ)


def account_of_key(found: Sandbox, token: str) -> str | None:
    """Return the workspace that a key, deleted or not, belongs to."""
    key = found.store.table(KEYS).one("token", token)
    return key.account if key is not None else None


def admit(operation: Operation | None) -> None:
    """Recognise the caller and count the request."""
    if operation is None:
        return
    set_caller(_recognise())
    _count(request.path)


def _recognise() -> Workspace:
    found, token = sandbox(), bearer(request.environ)
    if token is None:
        raise _unauthorized()
    key = found.store.table(KEYS).one("token", token)
    if key is not None and key.is_active:
        return found.store.table(WORKSPACES).get(key.account)
    workspace = stand_in(found, WORKSPACES, token) if key is None else None
    if workspace is None:
        raise _unauthorized()
    return workspace


def _unauthorized() -> Unauthorized:
    if request.method == "POST":
        # The page that documents this refusal is that of the list of contacts.
        rests_on("assumed")
    return Unauthorized("no workspace has this key")


def _count(path: str) -> None:
    found = sandbox()
    setting = found.settings["rate_limits"][SLUG]
    limit = limit_of(setting, path, ASSUMED_LIMIT, ASSUMED_WINDOW)
    if limit is None:
        return
    has_own = isinstance(setting, dict) and path in setting["limits"]
    most, window = limit
    key = (SLUG, caller().id, path if has_own else EVERYTHING)
    found.limits.count_fixed(key, most, window, found.clock.now())


def keys_of(found: Sandbox, workspace: Account) -> list[Key]:
    """Return the keys of a workspace, oldest first."""
    return found.store.table(KEYS).every("account", workspace.id)


def named(found: Sandbox, workspace: Account, name: str | None) -> list[Key]:
    """Return the keys of a workspace that have a name, oldest first."""
    return found.store.table(KEYS).every("name", (workspace.id, name))


def show_key(key: Key) -> dict[str, Any]:
    """Return a key as the control API shows it."""
    return {"name": key.name, "key": key.token, "active": key.is_active}


def keys(found: Sandbox, workspace: Account) -> list[dict[str, Any]]:
    """Return the keys of a workspace as the control API shows them."""
    return [show_key(key) for key in keys_of(found, workspace)]


def draw_token(found: Sandbox) -> str:
    """Return the plaintext of a new key."""
    return f"cue_{found.ids.text(KEYS.name, 40)}"


def make_key(
    found: Sandbox, workspace: Workspace, given: Mapping[str, Any], problems: Problems
) -> dict[str, Any]:
    """Make a key for a workspace and return it, plaintext included.

    :param given: ``name`` and ``key``, both optional.
    :raises Invalid: the wish has mistakes, or the workspace has a key of that name.
    """
    problems.unknown_keys("", given, ("name", "key"))
    for field, check in (("name", text), ("key", key_text)):
        if given.get(field) is not None:
            try:
                check(given[field])
            except ValueError as error:
                problems.add(f"/{field}", str(error))
    problems.check()
    name, token = given.get("name"), given.get("key")
    if named(found, workspace, name):
        problems.add("/name", f"Workspace {workspace.id!r} has a key of this name already")
    if token is not None and found.store.table(KEYS).one("token", token) is not None:
        problems.add("/key", "There is such a key already")
    problems.check()
    return show_key(add_key(found, workspace, name=name, token=token))


def add_key(
    found: Sandbox, workspace: Workspace, *, name: str | None, token: str | None, **more: Any
) -> Key:
    """Store a new key; what is None is drawn."""
    serial = found.ids.serial(KEYS.name)
    key = Key(
        id=f"key-{serial}",
        serial=serial,
        account=workspace.id,
        name=name or f"key-{serial}",
        token=token or draw_token(found),
        **more,
    )
    return found.store.table(KEYS).put(key)


def drop_key(found: Sandbox, workspace: Workspace, name: str) -> None:
    """Delete a key, at once; it stays visible as one that does not work.

    :raises NotFound: the workspace has none of that name.
    """
    own = named(found, workspace, name)
    if not own:
        raise NotFound(f"{SLUG}: workspace {workspace.id} has no key {name!r}")
    for key in own:
        found.store.table(KEYS).change(key, is_active=False)
