"""The yardstick: a Flask view that answers given bytes, on the server that the emulator uses.

``python -m benchmarks.bare`` says the same line of JSON as ``serve --json`` once it answers.
``PUT /answer`` sets what is answered from then on, whatever is asked; a body that comes with a
request is read and parsed, which is the least that any server does with it.
"""

from __future__ import annotations

import json
import os
from typing import Any

from flask import Flask, Response, request

from emulator.runtime.serving import serve

PROBE = "/_emulator/sandboxes/default"


class Yardstick(Flask):
    """An application as the server wants it."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer in one piece, as the emulator does: it is faster than Flask's iterator."""
        answer: Any = super().__call__(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()

    def stop(self) -> None:
        """Nobody waits for anything."""

    def finish(self) -> None:
        """Nothing is left to do."""


def create_app() -> Yardstick:
    """Return the application."""
    app = Yardstick(__name__, static_folder=None)
    answers: dict[str, Any] = {"body": b"{}", "status": 200}

    @app.put("/answer")
    def set_answer() -> tuple[str, int]:
        answers["body"] = request.get_data()
        answers["status"] = request.args.get("status", 200, int)
        return "", 204

    @app.get(PROBE)
    def ready() -> Response:
        return Response(b"{}", content_type="application/json")

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
    @app.route("/<path:path>", methods=["GET", "POST"])
    def answer(path: str) -> Response:
        if request.method == "POST":
            request.get_json()
        return Response(answers["body"], answers["status"], content_type="application/json")

    return app


def _say(url: str, _probed: dict[str, object]) -> None:
    print(json.dumps({"url": url, "pid": os.getppid()}), flush=True)


if __name__ == "__main__":
    serve(create_app, "127.0.0.1", 0, _say)
