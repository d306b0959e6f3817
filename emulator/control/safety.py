"""Who may speak to the control plane, and in what form."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request

from emulator.core.errors import Forbidden, Unauthorized
from emulator.web.bodies import LIMIT, read_body
from emulator.web.hosts import is_loopback
from emulator.web.tokens import COOKIE, View, carries, needs_no_token

from .context import control
from .problems import Misdirected, UnsupportedMediaType

LARGE = 1024 * 1024 * 1024
_PORTS = {"http": 80, "https": 443}

__all__ = ["COOKIE", "check_request", "needs_no_token", "takes_any_body", "takes_large_body"]


def takes_any_body(view: View) -> View:
    """Mark a view that takes bodies of any content type."""
    view.takes_any_body = True  # type: ignore[attr-defined]
    return view


def takes_large_body(view: View) -> View:
    """Mark a view that takes bodies of up to 1 GiB."""
    view.takes_large_body = True  # type: ignore[attr-defined]
    return view


def check_request() -> None:
    """Refuse what must not get through; called before every view.

    :raises Misdirected: ``Host`` is not ours: a page of somebody else's name that resolves
        to this machine must not steer the emulator.
    :raises Forbidden: a page of another origin sent it.
    :raises Unauthorized: a token is asked for and missing.
    :raises UnsupportedMediaType: a body is not said to be JSON.
    """
    _check_host()
    _check_origin()
    view = current_app.view_functions.get(request.endpoint or "")
    if not getattr(view, "needs_no_token", False):
        _check_token()
    has_body = bool(read_body(LARGE if getattr(view, "takes_large_body", False) else LIMIT))
    is_json = request.mimetype == "application/json"
    if has_body and not is_json and not getattr(view, "takes_any_body", False):
        raise UnsupportedMediaType("a body needs the header Content-Type: application/json")


def _check_host() -> None:
    name = _name_of(request.headers.get("Host", ""))
    settings = control().settings
    known = {settings.host, f"[{settings.host}]", *settings.allowed_hosts}
    if not is_loopback(name) and name not in {host.lower() for host in known}:
        raise Misdirected(f"Host {name!r} is not served; start with --allow-host to allow it")


def _name_of(host: str) -> str:
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].removesuffix(".")


def _check_origin() -> None:
    origin = request.headers.get("Origin")
    if origin is not None and _place(origin) != _place(f"{request.scheme}://{request.host}"):
        raise Forbidden(f"requests from pages of {origin} are refused")


def _place(origin: str) -> tuple[str | None, int | None] | None:
    try:
        parts = urlsplit(origin)
        return parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None


def _check_token() -> None:
    token = control().settings.control_token
    if token is not None and not carries(token):
        raise Unauthorized("the control token is needed: Authorization: Bearer <token>")
