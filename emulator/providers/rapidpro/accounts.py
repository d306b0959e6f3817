"""Workspaces as testers see them, and the API keys of their members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.core.errors import NotFound, Problems, nearest
from emulator.core.records import Account
from emulator.core.sandbox import Sandbox
from emulator.web.keys import is_well_formed

from .kinds import TEAMS, TOKENS, USERS
from .naming import next_serial
from .records import Token, User, Workspace
from .values import format_moment

KEY_LENGTH: Final = 40
#: Without the letters that look like digits.
KEY_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def account_of_key(sandbox: Sandbox, key: str) -> str | None:
    """Return the UUID of the workspace that a key belongs to, a revoked one too."""
    token = sandbox.store.table(TOKENS).find(key)
    return None if token is None else token.workspace


def account_view(sandbox: Sandbox, workspace: Workspace) -> dict[str, Any]:
    """Return a workspace as a fixture has it: its own fields and its members."""
    return {
        "id": workspace.id,
        "uuid": workspace.id,
        "name": workspace.name,
        "country": workspace.country,
        "languages": list(workspace.languages),
        "timezone": workspace.timezone,
        "date_style": workspace.date_style,
        "created_on": format_moment(workspace.created_on),
        "anon": workspace.anon,
        "flagged": workspace.flagged,
        "suspended": workspace.suspended,
        "api_rates": dict(workspace.api_rates),
        "users": [_member(sandbox, user) for user in _members(sandbox, workspace)],
    }


def account_part(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a fixture that has one workspace."""
    given = dict(document)
    id = given.pop("id", None)
    if id is not None:
        given.setdefault("uuid", id)
    return {"workspaces": [given]}


def keys(sandbox: Sandbox, workspace: Account) -> list[dict[str, Any]]:
    """Return the keys that have not been revoked, each by the address of its owner."""
    users = sandbox.store.table(USERS)
    tokens = sandbox.store.table(TOKENS).every("workspace", workspace.id)
    return [_shown(token, users.get(token.user)) for token in tokens if not token.is_revoked]


def make_key(
    sandbox: Sandbox, workspace: Workspace, given: Mapping[str, Any], problems: Problems
) -> dict[str, Any]:
    """Make a key for a member: ``name`` is the e-mail address, ``key`` a key of one's own."""
    problems.unknown_keys("", given, ("name", "key"))
    user = _wanted_owner(sandbox, workspace, given.get("name"), problems)
    key = _wanted_key(sandbox, given.get("key"), problems)
    if user is None or key is None or problems.found:
        return {}
    token = Token(id=key, serial=next_serial(sandbox, TOKENS), workspace=workspace.id, user=user.id)
    sandbox.store.table(TOKENS).add(token)
    return _shown(token, user)


def drop_key(sandbox: Sandbox, workspace: Workspace, name: str) -> None:
    """Revoke the keys of a member by the e-mail address, or one key by itself.

    :raises NotFound: there is none.
    """
    meant = {
        shown["key"]
        for shown in keys(sandbox, workspace)
        if name == shown["key"] or name.lower() == shown["name"].lower()
    }
    if not meant:
        raise NotFound(f"workspace {workspace.name!r} has no key {name!r}")
    table = sandbox.store.table(TOKENS)
    for key in meant:
        table.change(table.get(key), is_revoked=True)


def _shown(token: Token, user: User) -> dict[str, Any]:
    return {"name": user.email, "key": token.id, "role": user.role}


def _members(sandbox: Sandbox, workspace: Workspace) -> list[User]:
    """Return all members, those who may not log in included, in the order of creation."""
    users = sandbox.store.table(USERS)
    found = [user for user in users if user.workspace == workspace.id and not user.is_deleted]
    return sorted(found, key=lambda user: user.serial)


def _member(sandbox: Sandbox, user: User) -> dict[str, Any]:
    tokens = sandbox.store.table(TOKENS).every("user", user.id)
    team = sandbox.store.table(TEAMS).find(user.team) if user.team else None
    return {
        "uuid": user.id,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "role": user.role,
        # Agents of whom nothing is said are in the team of all topics.
        **({"team": team.name if team else None} if team or user.role == "agent" else {}),
        "active": user.is_active,
        "created_on": format_moment(user.created_on),
        "joined_on": format_moment(user.joined_on),
        "tokens": [
            {"key": token.id, "revoked": True} if token.is_revoked else token.id for token in tokens
        ],
    }


def _wanted_owner(
    sandbox: Sandbox, workspace: Workspace, name: Any, problems: Problems
) -> User | None:
    members = [user for user in _members(sandbox, workspace) if user.is_active]
    if name is None:
        may = (user for user in members if user.role != "agent")
        first = next(may, None)
        if first is None:
            problems.add("/name", "The workspace has no member who may use the API")
        return first
    for user in members:
        if isinstance(name, str) and user.email.lower() == name.lower():
            return user
    known = [user.email for user in members]
    problems.add("/name", "Must be the e-mail address of a member", nearest(str(name), known))
    return None


def _wanted_key(sandbox: Sandbox, key: Any, problems: Problems) -> str | None:
    if key is None:
        return sandbox.ids.text("rapidpro.tokens", KEY_LENGTH, KEY_ALPHABET)
    if not isinstance(key, str) or not key or not is_well_formed(key):
        problems.add("/key", "Must be printable ASCII without blanks")
        return None
    if key in sandbox.store.table(TOKENS):
        problems.add("/key", "Belongs to somebody already")
        return None
    return key
