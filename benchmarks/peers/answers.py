"""Our own answers, and the files that make each peer give them too.

Peers that answer what they are told (Prism, Mockoon, WireMock, nginx) are told the very bytes of
the emulator; json-server is given the same objects to store.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from benchmarks.servers import JSON, Emulator
from benchmarks.worlds import FIRST_PAGE, RAPIDPRO_AUTH, TEEKRR_AUTH, World, sms, sms_with_variables

GET, POST, PAGE, CROWD, ROWS = "get", "post", "page", "crowd", "rows"
FEW, PAGE_SIZE, MANY = 1_000, 250, 10_000


class Exchange(NamedTuple):
    """A request, and what the emulator answers.

    :param path: in a sandbox of the emulator.
    :param plain: the path at a peer that is told what to answer.
    :param schema: what the emulator's own description says of the body.
    """

    name: str
    method: str
    path: str
    plain: str
    headers: Mapping[str, str]
    body: bytes | None
    status: int = 200
    answer: bytes = b""
    schema: Mapping[str, Any] = {}

    def at(self, world: World) -> Exchange:
        """Return it with what the emulator answers in a sandbox."""
        path = f"{world.path}/{self.path}"
        answer = world.server.call(self.method, path, self.body, self.headers)
        return self._replace(answer=answer)


EXCHANGES = (
    Exchange(GET, "GET", "rapidpro/api/v2/workspace.json", "/workspace.json", RAPIDPRO_AUTH, None),
    Exchange(POST, "POST", "teekrr/sms", "/sms", TEEKRR_AUTH, sms(1), 202),
    Exchange(PAGE, "GET", FIRST_PAGE, "/messages.json", RAPIDPRO_AUTH, None),
    Exchange(CROWD, "POST", "teekrr/sms", "/crowd", TEEKRR_AUTH, sms(MANY), 202),
    Exchange(ROWS, "POST", "teekrr/sms", "/rows", TEEKRR_AUTH, sms_with_variables(MANY), 202),
)


def our_answers() -> dict[str, Exchange]:
    """Ask the emulator everything once, where a thousand messages are stored."""
    with Emulator() as emulator:
        world = World(emulator, "answers")
        world.fill(FEW)
        described = json.loads(emulator.call("GET", "/_emulator/openapi/teekrr.json"))
        schema = described["components"]["schemas"]["SmsBody"]
        answered = {each.name: each.at(world)._replace(schema=schema) for each in EXCHANGES}
    assert len(json.loads(answered[PAGE].answer)["results"]) == PAGE_SIZE
    return answered


def openapi(exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """Return a description for Prism: an example of each answer, a schema of each body."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Canned", "version": "1"},
        "paths": {each.plain: {each.method.lower(): _operation(each)} for each in exchanges},
    }


def _operation(exchange: Exchange) -> dict[str, Any]:
    example = {"schema": {"type": "object"}, "example": json.loads(exchange.answer)}
    operation: dict[str, Any] = {
        "responses": {str(exchange.status): {"description": "Ours.", "content": {JSON: example}}}
    }
    if exchange.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": exchange.schema}},
        }
    return operation


def mockoon(exchanges: Sequence[Exchange], port: int) -> dict[str, Any]:
    """Return an environment of Mockoon."""
    routes = [_route(at, exchange) for at, exchange in enumerate(exchanges)]
    return {
        "uuid": str(UUID(int=0)),
        "lastMigration": 33,
        "name": "canned",
        "port": port,
        "hostname": "127.0.0.1",
        "endpointPrefix": "",
        "latency": 0,
        "folders": [],
        "routes": routes,
        "rootChildren": [{"type": "route", "uuid": route["uuid"]} for route in routes],
        "proxyMode": False,
        "headers": [],
        "data": [],
        "callbacks": [],
    }


def _route(at: int, exchange: Exchange) -> dict[str, Any]:
    response = {
        "uuid": str(UUID(int=100 + at)),
        "body": exchange.answer.decode(),
        "statusCode": exchange.status,
        "headers": [{"key": "Content-Type", "value": JSON}],
        "bodyType": "INLINE",
        "disableTemplating": True,
        "default": True,
        "rules": [],
    }
    return {
        "uuid": str(UUID(int=1 + at)),
        "type": "http",
        "method": exchange.method.lower(),
        "endpoint": exchange.plain.removeprefix("/"),
        "responses": [response],
    }


def wiremock(exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """Return mappings of WireMock."""
    return {
        "mappings": [
            {
                "request": {"method": exchange.method, "urlPath": exchange.plain},
                "response": {
                    "status": exchange.status,
                    "headers": {"Content-Type": JSON},
                    "body": exchange.answer.decode(),
                },
            }
            for exchange in exchanges
        ]
    }


NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    default_type {type};
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder};
        {places}
    }}
}}
"""


def nginx(exchanges: Sequence[Exchange], port: int, folder: str) -> str:
    """Return a configuration of nginx: it answers POST from it and GET from files beside it."""
    posts = (each for each in exchanges if each.body is not None)
    places = (
        f"location = {each.plain} {{ return {each.status} '{_quoted(each)}'; }}" for each in posts
    )
    return NGINX.format(folder=folder, port=port, type=JSON, places="\n        ".join(places))


def _quoted(exchange: Exchange) -> str:
    text = exchange.answer.decode()
    assert not set("'\\$") & set(text), text
    return text


def stored(page: Exchange, count: int) -> list[dict[str, Any]]:
    """Return this many messages like those of a page, each with a number of its own."""
    results = json.loads(page.answer)["results"]
    return [{**results[at % len(results)], "id": at + 1} for at in range(count)]
