"""One vendor on the web: a Flask application of its own, mounted by :mod:`.addressing`."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, Request, Response, request
from flask.sessions import NullSession, SessionInterface
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.exceptions import NotFound as NoRoute

from emulator.core.errors import EmulatorError
from emulator.core.faults import Fault
from emulator.core.journal import Exchange
from emulator.core.sandbox import Sandbox

from . import context, hints
from .bodies import LIMIT, PIECEMEAL, body_of, drain, json_response
from .letting_go import without_trace
from .operations import Operation, operation_of
from .provider import Provider, UnknownSandbox, Unmatched
from .rested import Rested
from .routing import QuickRule, Router, template_of

log = logging.getLogger(__name__)

MASKED = frozenset({"authorization", "cookie", "x-api-key", "api-key", "x-auth-token"})
PLAIN = frozenset({200, 202, *range(400, 600)})
"""Statuses of answers that have a body and lead nowhere else."""


class Served(NamedTuple):
    """An operation and where it is served."""

    operation: Operation
    methods: tuple[str, ...]
    path: str
    view: Callable[..., Any]


class NoSessions(SessionInterface):
    """Says at once that there are no sessions; Flask would look for a key to sign them with."""

    def __init__(self) -> None:
        self._nothing = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        """Return what cannot hold anything."""
        return self._nothing


class ProviderApp(Flask):
    """The Flask application of one provider.

    Nothing hooks into it: no signals, no sessions, no functions called before or after a
    request. A third of Flask's own time goes into looking for what might.
    """

    url_rule_class = QuickRule
    session_interface = NoSessions()

    def __init__(self, provider: Provider) -> None:
        blueprint = provider.blueprint()
        super().__init__(blueprint.import_name, static_folder=None)
        self.provider = provider
        self.rested = Rested()
        header = provider.vendor.key_header[0]
        self._key_variable = f"HTTP_{header.upper().replace('-', '_')}"
        self.url_map.strict_slashes = False
        self.url_map.merge_slashes = False
        self.config["MAX_CONTENT_LENGTH"] = LIMIT
        self.config["MAX_FORM_MEMORY_SIZE"] = LIMIT
        self.config.update(provider.config)
        self.register_blueprint(blueprint)
        self._views = dict(self.view_functions)
        for endpoint, view in self._views.items():
            self.view_functions[endpoint] = self._guarded(view)
        self._router = Router(self.url_map)

    def served(self) -> Iterator[Served]:
        """Yield every operation with its methods and path."""
        for rule in self.url_map.iter_rules():
            operation = operation_of(self._views.get(rule.endpoint))
            if operation is not None:
                methods = tuple(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
                for each in (operation, *operation.also):
                    yield Served(each, methods, rule.rule, self._views[rule.endpoint])

    def nearest(self, method: str, path: str) -> list[tuple[str, str, str]]:
        """Return the operations that look most like a request: (method, path, operation)."""
        places: dict[hints.Place, str] = {}
        for served in self.served():
            for verb in served.methods:
                places.setdefault((verb, template_of(served.path)), served.operation.id)
        return hints.nearest(method, path, places)

    def wsgi_app(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer one request; what belongs to it is found in :mod:`.context` meanwhile."""
        visit = context.Visit(time.perf_counter(), environ, environ["emulator.sandbox"])
        token = context.begin(visit)
        flask = self.request_context(environ)
        try:
            flask.push()
            flask.url_adapter = self._router.route(flask.request)
            response = self._response(visit, flask.request)
            body = self._leave(visit, response)
            if visit.fault is not None and visit.fault.kind == "drop":
                environ[PIECEMEAL] = True
                return environ["emulator.drop"](environ, start_response)
            return _handed_over(response, body, environ, start_response)
        finally:
            flask.pop(None)
            context.end(token)

    def _response(self, visit: context.Visit, asked: Request) -> Response:
        try:
            self._arrive(visit, asked)
            response = self._viewed(asked)
        except Exception as error:  # noqa: BLE001 - vendors say every error in their own shape
            response = without_trace(self._refuse)(error)
        return _spoilt(self.provider.finish(response), visit.fault)

    def _viewed(self, asked: Request) -> Response:
        if asked.routing_exception is not None:
            self.raise_routing_exception(asked)
        rule, arguments = asked.url_rule, asked.view_args
        assert rule is not None
        assert arguments is not None
        if asked.method == "OPTIONS" and getattr(rule, "provide_automatic_options", False):
            response = Response()
            response.allow.update(self._router.methods(asked))
            return response
        answer: Response = self.view_functions[rule.endpoint](**arguments)  # type: ignore[assignment]
        return answer

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function: no view is asynchronous, and Flask would ask each every time."""
        return func

    def create_url_adapter(self, request: Request | None) -> None:
        """Leave it to the router."""

    def do_teardown_request(self, *_: Any) -> None:
        """Do nothing: nobody asks for it."""

    def do_teardown_appcontext(self, *_: Any) -> None:
        """Do nothing: nobody asks for it."""

    def _arrive(self, visit: context.Visit, asked: Request) -> None:
        environ, found = visit.environ, visit.sandbox
        if found is None:
            drain(environ)
            raise UnknownSandbox(environ["emulator.sandbox_name"])
        exchange = visit.exchange = Exchange(
            id=found.journal.next_id(),
            at=found.clock.now(),
            provider=self.provider.slug,
            method=asked.method,
            path=_path(environ, asked.path),
            query=tuple(asked.args.items(multi=True)) if environ.get("QUERY_STRING") else (),
            headers=_headers(environ, self._key_variable),
        )
        try:
            exchange.sent = body_of(environ)
        finally:
            found.journal.add(exchange)
        if exchange.path.startswith("//"):
            asked.routing_exception = NoRoute()

    def _guarded(self, view: Callable[..., Any]) -> Callable[..., Any]:
        operation = operation_of(view)

        def answer(**arguments: Any) -> Any:
            found = context.sandbox()
            if operation is not None:
                context.become(operation)
            with found.unit():
                self.provider.admit(operation)
                fault = self._fault(found) if found.faults.faults else None
                if fault is None:
                    return self._answered(found, view, arguments)
            return self._faulty(found, fault, view, arguments)

        return answer

    def _answered(
        self, found: Sandbox, view: Callable[..., Any], arguments: dict[str, Any]
    ) -> Response:
        # All of a request happens at one instant, however fast the clock runs.
        with found.clock.pinned(found.clock.now()):
            response = self.make_response(view(**arguments))
            if found.settings.latency == "instant":
                found.engine.settle()
        return response

    def _fault(self, found: Sandbox) -> Fault | None:
        fault = found.faults.pick(context.asked(), late=self.provider.late_faults)
        if fault is not None:
            context.note_fault(fault)
        return fault

    def _faulty(
        self, found: Sandbox, fault: Fault, view: Callable[..., Any], arguments: dict[str, Any]
    ) -> Response:
        """Answer as a fault wants it. Real time passes here, and never under the lock."""
        if fault.error is not None:
            error = self.provider.faults[fault.error]()
            raise error
        if fault.kind == "answer":
            return _raw_answer(fault)
        if fault.drop == "before":
            return Response()
        if fault.kind == "delay":
            threading.Event().wait(fault.delay.total_seconds())
        with found.unit():
            return self._answered(found, view, arguments)

    def _refuse(self, error: Exception) -> Response:
        if isinstance(error, NoRoute | MethodNotAllowed) and request.routing_exception is error:
            error = self._unmatched(error)
        elif not isinstance(error, EmulatorError | HTTPException):
            log.error("%s %s failed", request.method, request.path, exc_info=error)
        return self.provider.error_response(error)

    def _unmatched(self, error: HTTPException) -> Unmatched:
        allowed = frozenset(getattr(error, "valid_methods", None) or ())
        found = context.exchange()
        method, path = found.method, found.path
        near = self.nearest(method, path)
        found.operation = None
        found.evidence = None
        found.near = near
        found.hint = self.provider.hint(method, path) or hints.no_operation(
            self.provider.slug, method, path, near
        )
        return Unmatched(method, path, allowed)

    def _leave(self, visit: context.Visit, response: Response) -> bytes | None:
        """Enter an answer into the journal; return its body, None where that is streamed."""
        body = _body_of(response)
        found, sandbox = visit.exchange, visit.sandbox
        if sandbox is None:
            name = visit.environ["emulator.sandbox_name"]
            response.headers["X-Emulator-Hint"] = _one_line(f"there is no sandbox {name!r}")
        if found is None or sandbox is None:
            return body
        if found.hint is None and response.status_code >= 400:
            found.hint = hints.about(found, response.status_code, sandbox, self.provider)
        if found.hint:
            response.headers["X-Emulator-Hint"] = _one_line(found.hint)
        if found.fault is not None:
            found.evidence = None
        if found.evidence and found.operation and sandbox.settings["evidence_header"]:
            response.headers.add("X-Emulator-Evidence", found.evidence)
        if found.evidence and found.operation:
            self.rested.count(found.operation, found.evidence)
        found.duration_ms = (time.perf_counter() - visit.started) * 1000
        is_answered = visit.fault is None or visit.fault.drop != "before"
        status = response.status_code if is_answered else None
        sandbox.journal.finish(found, status, body or b"")
        return body


def _handed_over(
    response: Response, body: bytes | None, environ: dict[str, Any], start_response: Any
) -> Iterable[bytes]:
    """Return what a server sends: of a plain answer that is what it holds, as it stands."""
    if body is not None and _is_plain(response) and environ["REQUEST_METHOD"] != "HEAD":
        start_response(response.status, response.headers.to_wsgi_list())
        return [body]
    pieces: Iterable[bytes] = response(environ, start_response)
    return pieces


def _body_of(response: Response) -> bytes | None:
    """Return the body of an answer, None where it is streamed."""
    held = response.response
    if isinstance(held, list) and len(held) == 1 and isinstance(held[0], bytes):
        return held[0]
    return None if response.is_streamed else response.get_data()


def _is_plain(response: Response) -> bool:
    """Tell whether an answer has a body and leads nowhere else."""
    status = response.status_code
    return status in PLAIN or (status == 201 and "Location" not in response.headers)


def _path(environ: Mapping[str, Any], path: str) -> str:
    """Return the path below the provider's base with every slash in front that the client sent.

    Werkzeug drops all but one, also for routing: a base URL that ends in a slash would do here
    and fail at the vendor's.
    """
    raw: str = environ["PATH_INFO"]
    return "/" * (len(raw) - len(raw.lstrip("/")) - 1) + path if raw.startswith("//") else path


def _headers(environ: Mapping[str, Any], key_variable: str) -> list[tuple[str, str]]:
    """Return the headers of a request; of credentials only the end is shown.

    :param key_variable: what the WSGI environment calls the vendor's header for keys.
    """
    found = []
    for key, value in environ.items():
        name, is_masked = _header_name(key)
        if name is not None and (value or key.startswith("HTTP_")):
            found.append((name, mask(value) if is_masked or key == key_variable else value))
    return found


@lru_cache(maxsize=256)
def _header_name(key: str) -> tuple[str | None, bool]:
    """Return the header that a key of the WSGI environment stands for, and whether to mask it."""
    is_header = key.startswith("HTTP_") or key in ("CONTENT_TYPE", "CONTENT_LENGTH")
    name = key.removeprefix("HTTP_").replace("_", "-").title() if is_header else None
    return name, name is not None and name.lower() in MASKED


def mask(value: str) -> str:
    """Return a credential with all but its scheme and last four characters hidden."""
    scheme, blank, secret = value.rpartition(" ")
    tail = secret[-4:] if len(secret) > 8 else ""
    return f"{scheme}{blank}…{tail}"


def _spoilt(response: Response, fault: Fault | None) -> Response:
    """Return an answer as it leaves: a fault may cut it short, whatever it says."""
    if fault is not None and fault.kind == "malformed":
        body = response.get_data()
        response.set_data(body[: max(1, len(body) // 2)])
    return response


def _raw_answer(fault: Fault) -> Response:
    if isinstance(fault.body, str):
        response = Response(fault.body, fault.status, content_type="text/plain; charset=utf-8")
    elif fault.body is None:
        response = Response(status=fault.status)
    else:
        response = json_response(fault.body, fault.status)
    response.headers.update(fault.headers)
    return response


def _one_line(text: str) -> str:
    # Servers drop or refuse headers with control characters.
    line = "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
    return line.encode("ascii", "replace").decode()
