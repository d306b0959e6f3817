"""A built-in receiver of callbacks."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from emulator.core.errors import Misplaced
from emulator.core.sink import Reaction, Received
from emulator.web.bodies import json_response, read_body

from .bodies import Fields, Query, json_body
from .context import IN_SANDBOX, control, the_sandbox
from .lists import page_of
from .safety import needs_no_token, takes_any_body
from .wire import exact, many

bp = Blueprint("sink", __name__, url_prefix=IN_SANDBOX)

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
MOST_SCRIPTED = 10_000


@bp.route("/sink/<path:path>", methods=METHODS, provide_automatic_options=False)
@needs_no_token
@takes_any_body
def receive(name: str, path: str) -> Response:
    """Take a callback, and answer 200 or as the script says."""
    sandbox = control().emulator.get(name)
    sink = sandbox.sink
    reaction = sink.take(
        Received(
            at=sandbox.clock.now(),
            method=request.method,
            path=f"/{path}",
            query=tuple(request.args.items(multi=True)),
            headers=tuple(request.headers.items()),
            body=read_body(),
        )
    )
    if reaction == "timeout":
        sink.hold()
        return Response(status=504)
    return Response(status=reaction)


@bp.get("/sink")
def list_received(name: str) -> Response:
    """List what the sink has received, oldest first; a body is the exact text that came.

    ``dropped`` counts older ones that are not kept any more.
    """
    sink, query = the_sandbox(name).sink, Query()
    page = page_of(query, sink.received(), lambda r: r.number, show, is_descending=False)
    return json_response({**page, "dropped": sink.dropped})


@bp.put("/sink")
def script_sink(name: str) -> Response:
    """Say how the next callbacks are answered, one after another; then it is 200 again."""
    Query().check()
    sink, fields = the_sandbox(name).sink, Fields(json_body('{"script": [500]}'))
    script = fields.need("script", _script)
    fields.check()
    assert script is not None
    sink.set_script(script)
    return json_response({"script": script})


@bp.delete("/sink")
def clear_sink(name: str) -> Response:
    """Forget what the sink has received, and its script."""
    Query().check()
    the_sandbox(name).sink.clear()
    return Response(status=204)


def _script(value: Any) -> list[Reaction]:
    if not isinstance(value, list) or len(value) > MOST_SCRIPTED:
        raise ValueError(f"Must be a list of at most {MOST_SCRIPTED} answers")
    for at, item in enumerate(value):
        is_status = isinstance(item, int) and not isinstance(item, bool) and 200 <= item <= 599
        if not is_status and item != "timeout":
            raise Misplaced(str(at), 'Must be a status from 200 to 599, or "timeout"')
    return value


def show(received: Received) -> dict[str, Any]:
    """Return a request to the sink as its list shows it."""
    return {
        "at": received.at,
        "method": received.method,
        "path": received.path,
        "query": many(received.query),
        "headers": many(received.headers),
        **exact("body", received.body),
    }
