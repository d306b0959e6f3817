"""The server of the command line: granian, in a process of its own."""

from __future__ import annotations

import gc
import http.client
import json
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, Protocol

from emulator.core.errors import EmulatorError

from .crew import WSGI, Crew, with_crew
from .ports import base_url, claim_port, numeric, reachable
from .room import with_room

THREADS = 256  # started as they are needed; clients that are slow or wait hold one each
MOST_BODIES = THREADS * 3 // 4
KILL_AFTER = 2
PATIENCE = 30.0
# Live objects come by the ten thousand with each broadcast; collecting every 700 finds nothing.
COLLECT_AFTER = (10_000, 20, 50)
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

log = logging.getLogger(__name__)


class Application(Protocol):
    """What is served: a WSGI application that can be told that the end has come."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""

    def stop(self) -> None:
        """Let go of clients that would hold the server up."""

    def finish(self) -> None:
        """Do what is left to do when nothing is asked any more."""


Ready = Callable[[str, dict[str, Any]], None]


def _nothing() -> None:
    return None


def serve(
    make_app: Callable[[], Application],
    host: str,
    port: int,
    on_ready: Ready,
    *,
    on_end: Callable[[], None] = _nothing,
    token: str | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; the application lives in a process of its own.

    :param make_app: called in the serving process, which is forked from this one.
    :param on_ready: called there once it answers, with the base URL and the default sandbox
        as the control API describes it.
    :param on_end: called there when all requests have been answered.
    :param token: what the control API asks for, if anything.
    """
    address = numeric(host)
    port, held = claim_port(address, port)
    # Ends when this process is gone, whichever way it went: the one that serves reads from it.
    alive, keeps_alive = os.pipe()

    def load(_target: str) -> WSGI:
        try:
            app = make_app()
        except EmulatorError as error:
            # Nobody is above to catch it: this process has only just been forked.
            raise SystemExit(f"Error: {error}") from error
        os.close(keeps_alive)
        crew = Crew()
        _live_below(alive, [app.stop, crew.close], [on_end, app.finish])
        announcer = _Announcer(host, port, token)
        threading.Thread(target=announcer.run, args=(on_ready,), daemon=True).start()
        return with_crew(with_room(logged(app), MOST_BODIES), crew)

    try:
        _granian(address, port).serve(target_loader=load)
    finally:
        # Who asks once more while this process ends must not have it die on its last step,
        # where Python has put back what a signal does by default.
        for stop in STOPS:
            signal.signal(stop, signal.SIG_IGN)
        os.close(keeps_alive)
        os.close(alive)
        if held is not None:
            held.close()


def logged(app: WSGI) -> WSGI:
    """Return an application of which one hears when it fails; the server itself keeps quiet."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except Exception:
            log.exception("%s %s failed", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            raise

    return answer


def _one_life() -> type[Any]:
    """Return granian's server, but one that mostly ends with its terminal."""
    from granian.server import Server

    # As nohup has it, and whoever else starts what is to stay when they leave.
    outlives_terminal = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN

    class OneLife(Server):  # type: ignore[misc, valid-type]
        def signal_handler_interrupt(self, *_signal: Any, **_more: Any) -> None:
            # The same wish often comes twice (to a group of processes, and from make), and the
            # second may interrupt this very line: what it wakes up takes a lock that the first
            # may hold.
            if not self.interrupt_signal:
                super().signal_handler_interrupt()

        def _spawn_workers(self, *how: Any) -> None:
            # Two signals at once may both be taken by the thread that watches over the worker;
            # nothing would then wake the main one, which alone runs what handles them. What is
            # started here inherits that it takes none.
            taken = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
            try:
                super()._spawn_workers(*how)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, taken)

        def _write_pidfile(self) -> None:
            # There is no such file, but the default also looks through all processes of the
            # machine here, up to 40 ms, for a limit of memory that nobody sets.
            pass

        def signal_handler_reload(self, *_signal: Any, **_more: Any) -> None:
            # The default starts anew, without state.
            if not outlives_terminal:
                self.signal_handler_interrupt()

    return OneLife


def _granian(address: str, port: int) -> Any:
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    # Python 3.14, and macOS at any time, would otherwise start a fresh interpreter, to which
    # what is to be served would have to be sent.
    multiprocessing.set_start_method("fork", force=True)
    return _one_life()(
        "emulator",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=1024,
        http1_settings=HTTP1Settings(max_buffer_size=1024 * 1024),
        websockets=False,
        log_enabled=False,
        workers_kill_timeout=KILL_AFTER,
        # Nothing is reloaded; by default it asks for the current folder, which may be gone.
        reload_paths=[Path("/")],
    )


def _live_below(
    alive: int, when_stopped: Sequence[Callable[[], None]], at_last: Sequence[Callable[[], None]]
) -> None:
    """Make the process that has been forked off the one that serves.

    :param alive: file descriptor that ends when the process above is gone.
    :param when_stopped: done as soon as the end is asked for.
    :param at_last: done one after the other when all requests have been answered.
    """
    # Ctrl-C and the like reach a whole group of processes. This one is to hear of them once,
    # from the one above.
    os.setpgid(0, 0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    _when_stopped(when_stopped)
    for priority, action in enumerate(reversed(at_last)):
        Finalize(None, action, exitpriority=priority)
    threading.Thread(target=_outlive, args=(alive,), daemon=True).start()
    # What has been made so far stays for good: no need to look through it ever again.
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    gc.enable()
    # The server copies the environment into every request; a variable such as HTTP_PROXY would
    # pass for a header there.
    os.environ.clear()


def _outlive(alive: int) -> None:
    """Wait until the process above is gone, then end this one as well."""
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _when_stopped(actions: Iterable[Callable[[], None]]) -> None:
    """Do things as soon as this process is asked to end.

    The server has its own handlers of signals and waits for open requests; this hears of the
    signal beside them.
    """
    heard, told = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)

    def listen() -> None:
        # Signals may come more than once (Ctrl-C reaches parent and child, and the parent then
        # asks the child to end): both ends stay open until the process is gone.
        while told.fileno() >= 0 and (received := heard.recv(16)):
            if signal.SIGTERM in received or signal.SIGINT in received:
                for action in actions:
                    action()

    threading.Thread(target=listen, name="end-listener", daemon=True).start()


class _Announcer:
    """Asks the server how it is until it answers."""

    def __init__(self, host: str, port: int, token: str | None) -> None:
        self._address = reachable(host), port
        self._url = base_url(host, port)
        self._headers = {"Host": self._url.removeprefix("http://")}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def run(self, on_ready: Ready) -> None:
        deadline = time.perf_counter() + PATIENCE
        while time.perf_counter() < deadline:
            try:
                sandbox = self._sandbox()
            except OSError:
                time.sleep(0.001)
            else:
                on_ready(self._url, sandbox)
                return

    def _sandbox(self) -> dict[str, Any]:
        connection = http.client.HTTPConnection(*self._address, timeout=5)
        try:
            connection.request("GET", "/_emulator/sandboxes/default", headers=self._headers)
            found: dict[str, Any] = json.loads(connection.getresponse().read())
            return found
        finally:
            connection.close()
