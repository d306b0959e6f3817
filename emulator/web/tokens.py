"""The control token: how requests carry it, and which views answer without it."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, TypeVar

from flask import request

COOKIE = "emulator_token"
View = TypeVar("View", bound=Callable[..., Any])


def needs_no_token(view: View) -> View:
    """Mark a view that answers without the control token, or asks for it in its own way."""
    view.needs_no_token = True  # type: ignore[attr-defined]
    return view


def carries(token: str) -> bool:
    """Return whether the request has the token: as a bearer's, else in the console's cookie."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        given = request.cookies.get(COOKIE, "")
    return is_same(given, token)


def is_same(given: str, token: str) -> bool:
    """Compare in a time that does not depend on how much is right."""
    return hmac.compare_digest(given.strip().encode(), token.encode())
