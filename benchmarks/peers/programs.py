"""The peers that answer what they are told: Prism, Mockoon, WireMock, nginx; and json-server."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter, sleep
from typing import ClassVar, Self

from benchmarks.servers import Server

from . import answers
from .answers import CROWD, GET, PAGE, POST, ROWS, Exchange
from .installing import Missing, node_modules, program

LOOK_AGAIN = 0.002
START_PATIENCE = 60.0


class Peer(Server):
    """A program that is started on a free port and asked until it answers.

    :cvar name: how the table calls it.
    :ivar stored: how many messages it is to hold, where it holds any.
    """

    name: ClassVar[str]

    def __init__(self, exchanges: Mapping[str, Exchange], stored: int = answers.FEW) -> None:
        self.exchanges = exchanges
        self.stored = stored
        self._home = tempfile.TemporaryDirectory(prefix="bench-peer-")
        self.folder = Path(self._home.name)
        self.port = free_port()
        command = self.command()
        with Path(self.folder, "log").open("w") as log:
            super().__init__(*command, folder=self.folder, log=log.fileno())

    def command(self) -> list[str]:
        """Write what the program reads, and return how it is started.

        :raises Missing: it is not there.
        """
        raise NotImplementedError

    def probe(self) -> str:
        """Return the path that is asked until the answer is a success."""
        return self.exchanges[GET].plain

    def fill(self) -> None:
        """Make what the requests rest on."""

    def requests(self) -> dict[str, bytes]:
        """Return the request for each exchange that it can take part in."""
        return {
            each.name: self.request(each.method, each.plain, each.body, each.headers)
            for each in self.exchanges.values()
        }

    def write(self, name: str, content: object) -> str:
        """Write a file of JSON; return its path."""
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)

    def __enter__(self) -> Self:
        self.fill()
        return self

    def _ready(self) -> str:
        asked = f"GET {self.probe()} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode()
        until = perf_counter() + START_PATIENCE
        while not _answers(self.port, asked):
            if self._child.poll() is not None or perf_counter() > until:
                words = self._last_words()
                self.end()
                raise Missing(f"it did not start: {words}")
            sleep(LOOK_AGAIN)
        return f"http://127.0.0.1:{self.port}"

    def _last_words(self) -> str:
        lines = (self.folder / "log").read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "no word")

    def end(self) -> None:
        super().end()
        self._home.cleanup()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _answers(port: int, asked: bytes) -> bool:
    """Tell whether a request has a success for an answer by now."""
    try:
        with socket.create_connection(("127.0.0.1", port), START_PATIENCE) as line:
            line.sendall(asked)
            return line.recv(12).startswith(b"HTTP/1.1 2")
    except OSError:
        return False


class Prism(Peer):
    """Prism, which looks up an example in an OpenAPI document and checks requests against it."""

    name = "Prism"

    def command(self) -> list[str]:
        document = self.write("openapi.json", answers.openapi(list(self.exchanges.values())))
        prism = node_modules() / "@stoplight/prism-cli/dist/index.js"
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--verboseLevel", "silent"]
        return [program("node"), str(prism), "mock", *options, document]


class Mockoon(Peer):
    """Mockoon's command line, with routes of fixed answers."""

    name = "Mockoon"

    def command(self) -> list[str]:
        environment = answers.mockoon(list(self.exchanges.values()), self.port)
        mockoon = node_modules() / "@mockoon/cli/bin/run.js"
        options = ["--disable-log-to-file", "--disable-admin-api", "--disable-external-refs"]
        document = self.write("mockoon.json", environment)
        return [program("node"), str(mockoon), "start", *options, "--data", document]


class WireMock(Peer):
    """WireMock as it is by default: a journal of every request."""

    name = "WireMock"
    options: ClassVar[tuple[str, ...]] = ()

    def command(self) -> list[str]:
        (self.folder / "mappings").mkdir()
        self.write("mappings/canned.json", answers.wiremock(list(self.exchanges.values())))
        [jar] = (node_modules() / "wiremock/build").glob("*.jar")
        where = ["--bind-address", "127.0.0.1", "--port", str(self.port)]
        options = ["--root-dir", str(self.folder), "--disable-banner", *self.options]
        return [program("java"), "-jar", str(jar), *where, *options]


class WireMockWithoutJournal(WireMock):
    """WireMock as those start it who want it fast."""

    name = "WireMock, no journal"
    options = ("--no-request-journal", "--disable-request-logging")


class Nginx(Peer):
    """nginx, which does nothing but answer: the limit of the client and of this machine."""

    name = "nginx"

    def command(self) -> list[str]:
        exchanges = list(self.exchanges.values())
        self.folder.chmod(0o755)  # Started by root, it reads files as nobody.
        for each in exchanges:
            if each.body is None:
                (self.folder / each.plain.removeprefix("/")).write_bytes(each.answer)
        path = self.folder / "nginx.conf"
        path.write_text(answers.nginx(exchanges, self.port, str(self.folder)))
        return [program("nginx"), "-p", str(self.folder), "-c", str(path)]

    def requests(self) -> dict[str, bytes]:
        asked = super().requests()
        # It would not read the large bodies.
        return {name: asked[name] for name in asked.keys() - {CROWD, ROWS}}


class JSONServer(Peer):
    """json-server as it is released: objects in a file, which it writes anew with every change."""

    name = "json-server"
    script: ClassVar[str] = "json-server/lib/cli/bin.js"
    options: ClassVar[tuple[str, ...]] = ("--quiet",)
    page: ClassVar[str] = "/messages?_page=1&_limit={}"

    def command(self) -> list[str]:
        content: dict[str, object] = {
            "workspace": json.loads(self.exchanges[GET].answer),
            "sms": [],
        }
        if PAGE in self.exchanges:
            content["messages"] = answers.stored(self.exchanges[PAGE], self.stored)
        where = ["--host", "127.0.0.1", "--port", str(self.port), *self.options]
        script = node_modules() / self.script
        return [program("node"), str(script), *where, self.write("db.json", content)]

    def probe(self) -> str:
        return "/workspace"

    def requests(self) -> dict[str, bytes]:
        page = self.page.format(answers.PAGE_SIZE)
        paths = {GET: "/workspace", POST: "/sms", PAGE: page, CROWD: "/sms", ROWS: "/sms"}
        return {
            each.name: self.request(each.method, paths[each.name], each.body, each.headers)
            for each in self.exchanges.values()
        }


class JSONServerBeta(JSONServer):
    """json-server as its next version is: rewritten, several times as fast."""

    name = "json-server, beta"
    script = "json-server-beta/lib/bin.js"
    options = ()
    page = "/messages?_page=1&_per_page={}"

    def requests(self) -> dict[str, bytes]:
        asked = super().requests()
        # It takes no body of more than 100 KB.
        return {name: asked[name] for name in asked.keys() - {CROWD, ROWS}}
