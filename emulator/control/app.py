"""The control plane's WSGI application: its blueprints, its doors, its errors."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Flask, Response

from emulator.core.emulator import Emulator
from emulator.settings import ServerSettings
from emulator.web.letting_go import without_trace
from emulator.web.provider_apps import ProviderApps
from emulator.web.routing import QuickRule

from . import (
    accounts,
    broadcasts,
    callbacks,
    clock,
    documents,
    endpoints,
    events,
    faults,
    inbound,
    messages,
    outcomes,
    problems,
    safety,
    sandboxes,
    server,
    settings,
    sink,
    snapshots,
    traffic,
)
from .context import EXTENSION, Control, leave_sandboxes
from .streams import Streams, Waits

PREFIX = "/_emulator"
BLUEPRINTS: tuple[Blueprint, ...] = (
    server.bp,
    documents.bp,
    sandboxes.bp,
    clock.bp,
    outcomes.bp,
    faults.bp,
    settings.bp,
    accounts.bp,
    traffic.bp,
    messages.bp,
    inbound.bp,
    broadcasts.bp,
    endpoints.bp,
    callbacks.bp,
    sink.bp,
    events.bp,
    snapshots.bp,
)


def create_control_app(
    emulator: Emulator,
    apps: ProviderApps,
    server_settings: ServerSettings,
    version: str,
    pages: Iterable[Blueprint] = (),
    *,
    threads: int,
) -> Flask:
    """Return the application that answers below ``/_emulator``; paths keep that prefix.

    :param pages: what else stands there, for people.
    :param threads: how many the server has.
    """
    app = Flask(__name__, static_folder=None)
    app.url_rule_class = QuickRule
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.extensions[EXTENSION] = Control(
        emulator, apps, server_settings, version, Streams(), Waits(threads)
    )
    root = Blueprint("control", __name__, url_prefix=PREFIX)
    for blueprint in (*BLUEPRINTS, *pages):
        root.register_blueprint(blueprint)
    app.register_blueprint(root)
    app.before_request(safety.check_request)
    app.after_request(_end_line)
    app.after_request(_untype)
    app.teardown_request(leave_sandboxes)
    app.register_error_handler(Exception, without_trace(problems.to_response))
    return app


def _end_line(response: Response) -> Response:
    """Have an answer in JSON end its line: people read it in a terminal, below the one before."""
    if response.is_json and response.is_sequence:
        response.data += b"\n"
    return response


def _untype(response: Response) -> Response:
    """Have an answer without a body say nothing of the body's type."""
    if response.status_code == 204:
        response.headers.remove("Content-Type")
    return response
