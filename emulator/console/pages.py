"""Hands out the console's page and what belongs to it: plain files, nothing is built."""

from __future__ import annotations

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from emulator.web.tokens import COOKIE, carries, is_same, needs_no_token

ASSETS = Path(__file__).parent / "assets"

# Messages hold whatever anybody sent. Whatever of it got onto the page as more than text: no
# script but our own files runs, nothing is loaded from elsewhere, and no text becomes markup.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def create_console(token: str | None) -> Blueprint:
    """Return the console of a server.

    :param token: what the server's control API asks for, if anything.
    """
    bp = Blueprint("console", __name__, url_prefix="/console")
    bp.after_request(_guard)

    @bp.get("")
    @needs_no_token
    def page() -> AnyResponse:
        """Show the console, or ask for the token; ``?token=`` keeps one in a cookie."""
        given = request.args.get("token")
        if given is not None and (token is None or is_same(given, token)):
            return _let_in(token)
        if request.path.endswith("/"):
            # The page names its files relative to its own address.
            return redirect(_here(), 302)
        if token is None or (given is None and carries(token)):
            return _file("index.html")
        return _file("door.html", 401)

    @bp.get("/<path:name>")
    @needs_no_token
    def asset(name: str) -> Response:
        """Hand out a file of the page; there is nothing secret in it."""
        return _file(name)

    return bp


def _let_in(token: str | None) -> AnyResponse:
    # Without the token in the address: it would stay in the history and on screenshots.
    response = redirect(_here(), 303)
    if token is not None:
        response.set_cookie(
            COOKIE, token, path="/", httponly=True, samesite="Strict", secure=request.is_secure
        )
    return response


def _here() -> str:
    return f"{request.script_root}{request.path}".rstrip("/")


def _file(name: str, status: int = 200) -> Response:
    """Return a file of the package. :raises NotFound: there is none of that name."""
    known = _assets()
    if name not in known:
        raise NotFound
    body, content_type, tag = known[name]
    response = Response(body, status, content_type=content_type)
    response.set_etag(tag)
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


@cache
def _assets() -> dict[str, tuple[bytes, str, str]]:
    """Return content, type and tag of every file: what is asked for is looked up, never opened."""
    found = {}
    for path in sorted(ASSETS.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path)[0]
            content_type = f"{kind}; charset=utf-8" if path.suffix != ".svg" else "image/svg+xml"
            tag = hashlib.sha256(body).hexdigest()[:20]
            found[path.relative_to(ASSETS).as_posix()] = body, content_type, tag
    return found


def _guard(response: AnyResponse) -> AnyResponse:
    response.headers.update(HEADERS)
    return response
