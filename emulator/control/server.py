"""The server itself: health, providers, reset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request

from emulator.core.clock import wall_seconds
from emulator.core.emulator import DEFAULT
from emulator.web.bodies import json_response
from emulator.web.provider_app import ProviderApp
from emulator.web.routing import template_of

from .bodies import Fields, Query, json_body
from .context import control
from .lists import listing
from .safety import needs_no_token
from .views import sandbox_view

bp = Blueprint("server", __name__)


@bp.get("/health")
@needs_no_token
def health() -> Response:
    """Say that the server answers; nothing is locked or counted for it."""
    emulator = control().emulator
    return json_response(
        {
            "status": "ok",
            "version": control().version,
            "uptime_s": round(wall_seconds() - emulator.started_at, 3),
            "sandboxes": len(emulator),
        }
    )


@bp.get("/providers")
def list_providers() -> Response:
    """List the vendors that are imitated, with every operation and how we know of it."""
    apps = list(control().apps.values())
    return listing(
        Query(),
        enumerate(apps),
        lambda item: item[0],
        lambda item: _provider_view(item[1]),
        is_descending=False,
    )


@bp.post("/reset")
def reset_all() -> Response:
    """Delete every sandbox but ``default``, and put that back to its beginning."""
    Query().check()
    Fields(json_body()).check()
    emulator = control().emulator
    emulator.reset_all()
    return json_response(sandbox_view(emulator.get(DEFAULT)))


def _provider_view(app: ProviderApp) -> dict[str, Any]:
    provider = app.provider
    return {
        "slug": provider.slug,
        "name": provider.vendor.title,
        "base_urls": list(_base_urls(app)),
        "operations": [
            {
                "id": served.operation.id,
                "method": method,
                "path": template_of(served.path),
                "evidence": served.operation.evidence,
                "source": served.operation.source,
                "read_on": served.operation.read_on,
            }
            for served in app.served()
            for method in served.methods
        ],
    }


def _base_urls(app: ProviderApp) -> Iterator[str]:
    root, slug = request.root_url.rstrip("/"), app.provider.slug
    yield f"{root}/{slug}"
    yield f"{root}/s/{{sandbox}}/{slug}"
    _, colon, port = request.host.removeprefix("[::1]").partition(":")
    for host in (f"{slug}.localhost", *app.provider.hosts):
        yield f"{request.scheme}://{host}{colon}{port}"
