"""A receiver of callbacks, for tests that have no web server of their own."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, ClassVar, Self

from emulator.client import Found, Unexpected

from .signatures import SIGNING, event_of, is_signed, vendor_of

Reaction = int | str
"""A status, ``"timeout"`` (no answer until the caller gives up) or ``"drop"``."""
STATUSES = range(200, 600)
WORDS = ("timeout", "drop")
LONGEST_WAIT = 5.0
LONGEST_HOLD = 30.0
QUIET = (
    "Callbacks leave when they fall due: where the clock stands still, in sandbox.advance(…). "
    "sandbox.endpoint(…) says where they go."
)


@dataclass(frozen=True)
class Received:
    """A request that came in.

    :ivar headers: with their names in lower case.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    secrets: Callable[[], Iterable[str]] = field(repr=False, compare=False)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @cached_property
    def json(self) -> Any:
        """The body, read; None if it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def event(self) -> str | None:
        """The vendor's name of what happened, None where it names nothing."""
        return event_of(self.headers, self.json)

    @property
    def provider(self) -> str | None:
        """Whose callback it is, None if that cannot be told."""
        return vendor_of(self.headers, self.json)

    @property
    def signature_ok(self) -> bool:
        """Whether the signature is right for exactly these bytes and a secret that is known.

        :raises Unexpected: its vendor signs nothing, or no secret is known.
        """
        vendor, secrets = self.provider, list(self.secrets())
        if vendor not in SIGNING:
            raise Unexpected(f"callbacks of {vendor or 'an unknown vendor'} are not signed")
        if not secrets:
            raise Unexpected(
                f"no secret is known for {self.path}: give one to "
                "sandbox.endpoint(…, secret=…) or callback_sink.trust(…)"
            )
        return is_signed(vendor, self.headers, self.body, secrets)


class CallbackSink:
    """Listens on a free loopback port, records what comes, and answers 200 or as it is told.

    :param secrets: returns the secrets of endpoints, for :attr:`Received.signature_ok`; more of
        them with :meth:`trust`.
    """

    def __init__(self, secrets: Callable[[], Iterable[str]] = tuple) -> None:
        self._secrets_elsewhere = secrets
        self._secrets: list[str] = []
        self._received: list[Received] = []
        self._script: deque[Reaction] = deque()
        self._react: Callable[[Received], Reaction | None] | None = None
        self._errors: list[Exception] = []
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._listener = _Listener(self)
        self.url = f"http://127.0.0.1:{self._listener.port}/callbacks"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if error is None:
            self.check()

    @property
    def received(self) -> Found[Received]:
        """Everything that came, in its order."""
        with self._changed:
            items = list(self._received)
        return Found(items, "callback", _line, hint=lambda: "" if items else QUIET)

    def events(self, name: str | None = None) -> Found[Received]:
        """Return the callbacks about events of this name, or all that name one, in their order."""
        if name is None:
            return self.received.where(lambda received: received.event is not None)
        return self.received.where(event=name)

    def wait(self, count: int = 1, timeout: float = LONGEST_WAIT) -> Found[Received]:
        """Return everything once so many callbacks have come.

        An advance has had all of its callbacks answered when it returns; this is for those that
        leave in the background.

        :param timeout: real seconds.
        :raises Unexpected: fewer have come by then; says which.
        """
        with self._changed:
            is_enough = self._changed.wait_for(lambda: len(self._received) >= count, timeout)
        received = self.received
        if not is_enough:
            received.exactly(count)
        return received

    def script(self, reactions: Sequence[Reaction]) -> None:
        """Say how the next callbacks are answered, one after another; then it is 200 again.

        :param reactions: statuses, ``"timeout"`` or ``"drop"``.
        :raises ValueError: one of them is none.
        """
        script = deque(_known(reaction) for reaction in reactions)
        with self._changed:
            self._script = script

    def respond(self, react: Callable[[Received], Reaction | None] | None) -> None:
        """Have a function called with each callback; it may return how to answer it.

        What it raises is answered with 500, and raised again by :meth:`check`.
        """
        self._react = react

    def check(self) -> None:
        """Raise what the function of :meth:`respond` has raised first, if anything."""
        if self._errors:
            raise self._errors[0]

    def trust(self, *secrets: str) -> None:
        """Make secrets known that :attr:`Received.signature_ok` may meet."""
        self._secrets += secrets

    def clear(self) -> None:
        """Forget what came, and the script."""
        with self._changed:
            self._received.clear()
            self._script.clear()

    def close(self) -> None:
        """Stop listening."""
        self._closing.set()
        self._listener.close()

    def take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reaction:
        """Record a request; return how it is answered."""
        received = Received(method, path, headers, body, self._known_secrets)
        with self._changed:
            self._received.append(received)
            self._changed.notify_all()
            if self._script:
                return self._script.popleft()
        try:
            reaction = self._react(received) if self._react is not None else None
            return 200 if reaction is None else _known(reaction)
        except Exception as error:  # noqa: BLE001 - kept for the test, which runs elsewhere
            self._errors.append(error)
            return 500

    def hold(self) -> None:
        """Wait for longer than a caller does, or for the end."""
        self._closing.wait(LONGEST_HOLD)

    def _known_secrets(self) -> list[str]:
        return [*self._secrets, *self._secrets_elsewhere()]


def _known(reaction: Reaction) -> Reaction:
    is_number = isinstance(reaction, int) and not isinstance(reaction, bool)
    if reaction not in (STATUSES if is_number else WORDS):
        raise ValueError(f'{reaction!r}: must be a status from 200 to 599, "timeout" or "drop"')
    return reaction


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer leaves in one piece, and at once.
    wbufsize = -1
    disable_nagle_algorithm = True
    sink: ClassVar[CallbackSink]

    def take(self) -> None:
        """Record the request and answer it."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        reaction = self.sink.take(self.command, self.path, headers, body)
        if isinstance(reaction, int):
            self.send_response_only(reaction)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if reaction == "timeout":
            self.sink.hold()
        self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = take  # noqa: N815 - its names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        """Say nothing: what came is in the sink."""


class _Listener:
    """Accepts connections, each on a thread, and closes all of them at the end at once."""

    def __init__(self, sink: CallbackSink) -> None:
        self._handler = type("Handler", (_Handler,), {"sink": sink})
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_closed = False
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="callback-sink", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wake whoever waits for something to come, and let the port go."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            for connection in self._open:
                with suppress(OSError):  # The other side may be gone.
                    connection.shutdown(socket.SHUT_RDWR)
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()

    def _accept(self) -> None:
        with self._socket:
            while True:
                connection, address = self._socket.accept()
                with self._lock:
                    if self._is_closed:
                        connection.close()
                        return
                    self._open.add(connection)
                threading.Thread(
                    target=self._serve, args=(connection, address), daemon=True
                ).start()

    def _serve(self, connection: socket.socket, address: Any) -> None:
        try:
            # It answers the requests of one connection, until that ends.
            self._handler(connection, address, None)
        except OSError:
            # The caller has hung up, or the end has come: it sees a failed callback.
            return
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


def _line(received: Received) -> str:
    what = f"{received.provider or 'unknown'} {received.event or received.method}"
    return f"{what} at {received.path}: {received.body[:80].decode(errors='replace')}"
