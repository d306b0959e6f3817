"""The server on threads of this process: waitress."""

from __future__ import annotations

import threading
from typing import Any

from .crew import WSGI
from .ports import base_url

THREADS = 64  # idle but for clients that wait; each costs 0.05 ms at the start
LARGEST_BODY = 1024 * 1024 * 1024
LONGEST_ANSWER = 5.0


class InProcessServer:
    """A server on threads of this process, for tests and programs that embed the emulator.

    It is up when it has been made, and down when :meth:`close` returns.
    """

    def __init__(self, app: WSGI, host: str = "127.0.0.1", port: int = 0) -> None:
        from waitress.server import create_server

        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._sockets,
            host=host,
            port=port,
            threads=THREADS,
            max_request_body_size=LARGEST_BODY,
            channel_timeout=60,
            clear_untrusted_proxy_headers=False,
        )
        self.url = base_url(host, int(self._server.effective_port))
        self._thread = threading.Thread(
            target=self._server.run, name="emulator-server", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop answering and let the port go; requests that are being answered are waited for."""
        dispatcher, trigger = self._server.task_dispatcher, self._server.trigger
        dispatcher.shutdown(timeout=LONGEST_ANSWER)
        # The loop sleeps until something comes: the trigger wakes it.
        trigger.pull_trigger(self._end)
        self._thread.join(LONGEST_ANSWER)
        # Whoever still answers will pull it; its number must not be another file's by then.
        if not dispatcher.threads and not self._thread.is_alive():
            trigger.close()

    def _end(self) -> None:
        """Close the sockets from within the loop, which ends when it has nothing to watch.

        The trigger stays: what woke the loop may be somebody else's pull, and the one that was to
        bring it here may still come.
        """
        from waitress.wasyncore import dispatcher

        try:
            for channel in list(self._sockets.values()):
                if channel is self._server:
                    dispatcher.close(channel)  # its own would close the trigger as well
                elif channel is not self._server.trigger:
                    channel.close()
        finally:
            self._sockets.clear()
