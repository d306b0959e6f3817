"""One attempt over a socket, and the connections kept open between attempts.

Sockets block without a time-out of their own: a supervisor cuts a flight that is overdue by
shutting its socket down from outside. So one limit covers the whole attempt however the receiver
drips, the fast way takes one system call to send and one to receive, and abandoning is the same.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
import ssl
import struct
import threading
from time import perf_counter
from typing import NamedTuple

from emulator.core.sending import Answer, Parcel

from .destinations import DestinationRefused, Destinations, Place, read_url
from .wire import InvalidAnswer, InvalidRequest, Reply, Request, read_reply, write_request

# Short, because many servers close after two to five idle seconds, and a server with a single
# thread serves nobody else while a connection is open.
IDLE_LIMIT = 1.0
_ABORT = struct.pack("ii", 1, 0)


class Cut(Exception):
    """The flight was ended from outside; the flight knows why."""


class Stale(Exception):
    """A kept connection turned out closed before it took a single byte."""


class Flight:
    """One attempt under way: what other threads need in order to end it.

    :param deadline: on ``perf_counter``'s scale.
    """

    __slots__ = ("_held", "_lock", "deadline", "reason")

    def __init__(self, deadline: float = math.inf) -> None:
        self.deadline = deadline
        self.reason: str | None = None
        self._held: socket.socket | threading.Event | None = None
        self._lock = threading.Lock()

    def hold(self, thing: socket.socket | threading.Event) -> None:
        """Say what the attempt is about to wait on.

        :raises Cut: it is over already.
        """
        with self._lock:
            if self.reason is not None:
                raise Cut
            self._held = thing

    def release(self) -> None:
        """Take the socket out of reach of ``cut``, so that the next attempt may use it.

        :raises Cut: it was cut before.
        """
        with self._lock:
            self._held = None
            if self.reason is not None:
                raise Cut

    def cut(self, reason: str) -> None:
        """End the attempt at once, whatever it waits on; the first reason stays."""
        with self._lock:
            if self.reason is None:
                self.reason = reason
                _interrupt(self._held)


def _interrupt(thing: socket.socket | threading.Event | None) -> None:
    if isinstance(thing, threading.Event):
        thing.set()
    elif thing is not None:
        with contextlib.suppress(OSError):
            # Closing resets the connection then, and drops what is still on its way.
            thing.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            # An SSLSocket's own shutdown would forget the encryption under the worker's hands.
            socket.socket.shutdown(thing, socket.SHUT_RDWR)


class _Kept(NamedTuple):
    since: float
    connection: socket.socket


class Exchange:
    """Makes attempts; safe to use from many threads at once.

    :param tls: for https; the system's trusted certificates if absent.
    """

    def __init__(self, destinations: Destinations, *, tls: ssl.SSLContext | None = None) -> None:
        self._destinations = destinations
        self._tls = tls
        self._idle: dict[tuple[str, str, int], list[_Kept]] = {}
        self._lock = threading.Lock()

    def attempt(self, parcel: Parcel, flight: Flight) -> Answer:
        """Send a parcel and return its answer or what went wrong; never raises for the latter."""
        started = perf_counter()
        status: int | None = None
        body = b""
        error = None
        try:
            reply = self._deliver(parcel, flight)
            status, body = reply.status, reply.body
        except (Cut, OSError, DestinationRefused, InvalidAnswer, InvalidRequest) as failure:
            error = flight.reason or _reason(failure)
        duration = (perf_counter() - started) * 1000
        return Answer(status, error, round(duration, 3), body.decode(errors="replace"))

    def sweep(self, limit: float = IDLE_LIMIT) -> float:
        """Close connections idle for so many seconds; return when to come again, in seconds."""
        now = perf_counter()
        old = []
        with self._lock:
            for key, line in list(self._idle.items()):
                old += [kept for kept in line if kept.since <= now - limit]
                self._idle[key] = [kept for kept in line if kept.since > now - limit]
                if not self._idle[key]:
                    del self._idle[key]
            oldest = min((line[0].since for line in self._idle.values()), default=now)
        for kept in old:
            kept.connection.close()
        return oldest + limit - now

    def _deliver(self, parcel: Parcel, flight: Flight) -> Reply:
        place = read_url(parcel.url)
        request = write_request(parcel, place)
        connection = self._take(place)
        if connection is not None:
            with contextlib.suppress(Stale):
                return self._talk(request, connection, flight)
        return self._talk(request, self._connect(place, flight), flight, is_fresh=True)

    def _talk(
        self, request: Request, connection: socket.socket, flight: Flight, *, is_fresh: bool = False
    ) -> Reply:
        try:
            flight.hold(connection)
            _send(connection, request.payload, is_fresh)
            reply = read_reply(connection.recv, request.method)
            flight.release()
        except BaseException:
            connection.close()
            raise
        if reply.reusable:
            self._keep(request.place, connection)
        else:
            connection.close()
        return reply

    def _take(self, place: Place) -> socket.socket | None:
        """Return a kept connection that the other side has not closed meanwhile."""
        key = (place.scheme, place.host, place.port)
        while True:
            with self._lock:
                line = self._idle.get(key)
                if not line:
                    return None
                kept = line.pop()
            if perf_counter() - kept.since < IDLE_LIMIT and not _is_readable(kept.connection):
                return kept.connection
            kept.connection.close()

    def _keep(self, place: Place, connection: socket.socket) -> None:
        key = (place.scheme, place.host, place.port)
        with self._lock:
            self._idle.setdefault(key, []).append(_Kept(perf_counter(), connection))

    def _connect(self, place: Place, flight: Flight) -> socket.socket:
        addresses = self._addresses(place, flight)
        for left, address in enumerate(addresses[:-1]):
            # An address that swallows everything must leave time for the next.
            share = (flight.deadline - perf_counter()) / (len(addresses) - left)
            with contextlib.suppress(OSError):
                return self._open(place, address, flight, share)
        return self._open(place, addresses[-1], flight, flight.deadline - perf_counter())

    def _open(self, place: Place, address: str, flight: Flight, limit: float) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            flight.hold(connection)
            connection.settimeout(max(limit, 0.001) if limit < math.inf else None)
            connection.connect((address, place.port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(None)
            if place.scheme == "https":
                connection = self._wrap(connection, place.host, flight)
        except BaseException:
            connection.close()
            raise
        return connection

    def _wrap(self, connection: socket.socket, host: str, flight: Flight) -> ssl.SSLSocket:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        wrapped = self._tls.wrap_socket(
            connection, server_hostname=host, do_handshake_on_connect=False
        )
        try:
            flight.hold(wrapped)
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped

    def _addresses(self, place: Place, flight: Flight) -> tuple[str, ...]:
        """Resolve and check on a thread of its own: the system's resolver cannot be cut short."""
        if not self._destinations.needs_resolver(place):
            return self._destinations.addresses(place)
        found: list[tuple[str, ...] | DestinationRefused] = []
        finished = threading.Event()

        def look_up() -> None:
            try:
                found.append(self._destinations.addresses(place))
            except DestinationRefused as refused:
                found.append(refused)
            finally:
                finished.set()

        flight.hold(finished)
        threading.Thread(target=look_up, name="callback-resolver", daemon=True).start()
        finished.wait()
        flight.release()
        if isinstance(found[0], DestinationRefused):
            raise found[0]
        return found[0]


def _send(connection: socket.socket, request: bytes, is_fresh: bool) -> None:
    try:
        sent = connection.send(request)
    except ConnectionError:
        # Nothing went out, so sending again cannot deliver twice. Encrypted, nobody can tell.
        if is_fresh or isinstance(connection, ssl.SSLSocket):
            raise
        raise Stale from None
    if sent < len(request):
        # A receiver may refuse a long body with an answer before it has read it all.
        with contextlib.suppress(ConnectionError):
            connection.sendall(memoryview(request)[sent:])


def _is_readable(connection: socket.socket) -> bool:
    """Tell whether an idle connection has something to say, which can only be goodbye."""
    watcher = select.poll()
    watcher.register(connection, select.POLLIN)
    return bool(watcher.poll(0))


_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, "connection reset"),
    (ssl.SSLEOFError, "connection reset"),
    (ssl.SSLCertVerificationError, "certificate refused"),
    (ssl.SSLError, "tls failed"),
    (OSError, "connection failed"),
    (InvalidAnswer, "invalid answer"),
    (InvalidRequest, "invalid header"),
)


def _reason(failure: BaseException) -> str:
    """Say in stable words what went wrong."""
    return next((words for kind, words in _REASONS if isinstance(failure, kind)), str(failure))
