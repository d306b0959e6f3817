"""Who asks: a token in a header, which selects a workspace."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, NamedTuple

from emulator.core.sandbox import Sandbox
from emulator.web import context

from . import kinds
from .errors import Denied
from .records import Token, User, Workspace

ROLES = frozenset({"administrator", "editor"})


class Caller(NamedTuple):
    """The workspace that a token belongs to, and the member who owns it.

    :param user: None for a key that is only tolerated, in a workspace without such members.
    """

    workspace: Workspace
    user: User | None

    @property
    def is_allowed(self) -> bool:
        """Whether the member may use the API; members who were demoted may not."""
        user = self.user
        return user is None or (not user.is_deleted and user.role in ROLES)


def credential(environ: Mapping[str, Any]) -> str | None:
    """Return the API key of a request, None if there is none that can be read."""
    scheme, parts = _split(environ.get("HTTP_AUTHORIZATION", ""))
    if len(parts) != 1:
        return None
    if scheme == "token":
        return _key(parts[0])
    if scheme == "basic":
        pair = _pair(parts[0])
        return None if pair is None else pair[1]
    return None


def authenticate() -> Caller | None:
    """Return the caller, None if the request has no credentials.

    :raises Denied: it has, and they are wrong.
    """
    scheme, parts = _split(context.environ().get("HTTP_AUTHORIZATION", ""))
    if scheme not in ("token", "basic"):
        return None
    word = "Token" if scheme == "token" else "Credentials"
    if not parts:
        raise Denied(f"Invalid {scheme} header. No credentials provided.")
    if len(parts) > 1:
        raise Denied(f"Invalid {scheme} header. {word} string should not contain spaces.")
    return _by_token(parts[0]) if scheme == "token" else _by_basic(parts[0])


def current_user() -> User | None:
    """Return the member who asks, None for a key that is only tolerated."""
    caller: Caller | None = context.notes().get("caller")
    return None if caller is None else caller.user


def _split(header: str) -> tuple[str, list[bytes]]:
    # As bytes, for the environment has them as Latin-1, where more is a blank than in a header.
    scheme, *parts = header.encode("latin-1").split() or [b""]
    return scheme.decode("latin-1").lower(), parts


def _by_token(given: bytes) -> Caller:
    key = _key(given)
    if key is None:
        raise Denied("Invalid token header. Token string should not contain invalid characters.")
    found = _find(context.sandbox(), key)
    if found is None:
        raise Denied("Invalid token")
    return found


def _by_basic(encoded: bytes) -> Caller:
    pair = _pair(encoded)
    if pair is None:
        raise Denied("Invalid basic header. Credentials not correctly base64 encoded.")
    email, key = pair
    found = _find(context.sandbox(), key)
    if found is None or (found.user is not None and found.user.email != email):
        raise Denied("Invalid token or email")
    return found


def _key(given: bytes) -> str | None:
    try:
        return given.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _pair(encoded: bytes) -> tuple[str, str] | None:
    try:
        raw = base64.b64decode(encoded)
    except binascii.Error:
        return None
    email, colon, key = (_key(raw) or raw.decode("latin-1")).partition(":")
    return (email, key) if colon else None


def _find(sandbox: Sandbox, key: str) -> Caller | None:
    token = sandbox.store.table(kinds.TOKENS).find(key)
    if token is not None:
        return _owner(sandbox, token)
    if sandbox.settings["unknown_keys"] == "accept":
        return _first(sandbox)
    return None


def _owner(sandbox: Sandbox, token: Token) -> Caller | None:
    user = sandbox.store.table(kinds.USERS).get(token.user)
    if token.is_revoked or not user.is_active:
        return None
    return Caller(sandbox.store.table(kinds.WORKSPACES).get(token.workspace), user)


def _first(sandbox: Sandbox) -> Caller | None:
    """Return the sandbox's first workspace and its first member who may use the API."""
    store = sandbox.store
    workspaces = store.table(kinds.WORKSPACES).page("all", "all", limit=1, is_descending=False)
    for workspace in workspaces.records:
        members = store.table(kinds.USERS).every("joined", (workspace.id,))
        allowed = (member for member in members if member.role in ROLES)
        return Caller(workspace, next(allowed, None))
    return None
