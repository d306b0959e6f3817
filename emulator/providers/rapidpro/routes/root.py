"""The index of the API, and the redirects around it."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request, url_for

from emulator.providers.rapidpro import paging
from emulator.providers.rapidpro.context import is_strict
from emulator.providers.rapidpro.endpoint import BASE, Endpoint
from emulator.providers.rapidpro.errors import HTML

NAMES: Final = (
    "archives",
    "boundaries",
    "broadcasts",
    "campaigns",
    "campaign_events",
    "channels",
    "classifiers",
    "contacts",
    "contact_actions",
    "fields",
    "flow_starts",
    "flows",
    "globals",
    "groups",
    "labels",
    "media",
    "messages",
    "message_actions",
    "resthooks",
    "resthook_events",
    "resthook_subscribers",
    "runs",
    "tickets",
    "ticket_actions",
    "topics",
    "users",
    "workspace",
)
#: Documented, and yet missing in the newest server's index.
UNLISTED: Final = frozenset({"boundaries", "classifiers"})
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def index() -> dict[str, str]:
    """Return the addresses of the documentation pages."""
    start = f"{paging.origin()}{BASE}"
    query = "?format=json" if request.args.get("format") == "json" else ""
    hidden = UNLISTED if is_strict() else frozenset()
    return {name: f"{start}/{name}{query}" for name in NAMES if name not in hidden}


class Root(Endpoint):
    """The address that lists the others; everybody may read it."""

    def register(self, blueprint: Blueprint) -> None:
        """Route the address with and without suffix."""
        _, view = self.served["GET"]
        view.operation = self.operation("read")  # type: ignore[attr-defined]
        for path in ("/", "/.json"):
            blueprint.add_url_rule(
                f"{BASE}{path}",
                "root",
                view,
                methods=["GET"],
                provide_automatic_options=False,
                # Without a suffix, what lacks the slash is sent there.
                strict_slashes=path == "/",
            )


root = Root("", asks=("format",), is_open=True, answers_head=True, answers_options=True)


@root.answers
def read() -> dict[str, str]:
    """Return the index."""
    return index()


ENDPOINTS = (root,)


def register_redirects(blueprint: Blueprint) -> None:
    """Route the addresses that lead elsewhere."""
    for path, view in (
        ("/api", with_slash),
        ("/api/", to_root),
        (BASE, with_slash),
        (f"{BASE}/explorer", with_slash),
        (f"{BASE}/explorer/", to_login),
    ):
        blueprint.add_url_rule(path, view.__name__, view, methods=METHODS, strict_slashes=True)


def to_root() -> Response:
    """Lead to the newest version of the API."""
    return _leads_to(url_for(".root"), 302)


def with_slash() -> Response:
    """Lead to the same address with a slash, the query included."""
    query = request.query_string.decode("latin-1")
    address = f"{request.script_root}{request.path}/"
    return _leads_to(f"{address}?{query}" if query else address, 301)


def to_login() -> Response:
    """Lead to where people log in; there is no such page here."""
    login = f"{request.script_root}/accounts/login/"
    return _leads_to(f"{login}?next={BASE}/explorer/", 302)


def _leads_to(place: str, code: int) -> Response:
    return Response(b"", code, headers={"Location": place}, content_type=HTML)
