"""A request that was refused is gone when it has been answered: nobody waits for the collector."""

from __future__ import annotations

import gc
import io
import weakref
from typing import Any

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.control.desk import Desk


class Body(io.BytesIO):
    """A body that can be watched."""


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/acme/messages", 400),
        ("POST", "/acme/nowhere", 404),
        ("DELETE", "/acme/messages", 404),
        ("POST", "/_emulator/nowhere", 404),
        ("PATCH", "/_emulator/sandboxes/default/settings", 400),
        ("PATCH", "/_emulator/sandboxes/none/settings", 404),
    ],
)
def test_nothing_of_a_refused_request_is_left(method: str, path: str, status: int) -> None:
    desk, body = Desk(), Body(b"{")
    builder = EnvironBuilder(
        path,
        method=method,
        input_stream=body,
        content_type="application/json",
        headers=Headers({"X-Api-Key": "key-one"}),
    )
    environ: dict[str, Any] = dict(builder.get_environ())
    environ |= {"CONTENT_LENGTH": "1", "wsgi.input": body}
    held = weakref.ref(body)
    del builder, body
    gc.collect()
    gc.disable()
    try:
        answered = run_wsgi_app(desk.world.front, environ)[1]
        del environ
        left = held()
    finally:
        gc.enable()

    assert answered.startswith(str(status))
    assert left is None
