"""Routes are found as Werkzeug finds them, however often a path has been asked for."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.test import EnvironBuilder

from emulator.web.routing import Router

ROUTES = Map(
    [
        Rule("/", endpoint="root", methods=["GET"]),
        Rule("/letters", endpoint="letters", methods=["GET", "POST"]),
        Rule("/letters", endpoint="letters.drop", methods=["DELETE"]),
        Rule("/letters/<id>", endpoint="letter", methods=["GET"]),
        Rule("/letters/latest", endpoint="latest", methods=["GET"]),
        Rule("/<kind>/count", endpoint="count", methods=["GET"]),
    ],
    strict_slashes=False,
    merge_slashes=False,
)
PATHS = ["/", "/letters", "/letters/", "/letters/latest", "/letters/7", "/a/count", "/nothing", ""]
METHODS = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT"]


def asked(method: str, path: str, host: str = "localhost", prefix: str = "") -> Request:
    builder = EnvironBuilder(path, f"http://{host}{prefix}/", method=method)
    return Request(builder.get_environ())


def by_werkzeug(request: Request) -> Any:
    adapter = ROUTES.bind("localhost", path_info=request.path, default_method=request.method)
    try:
        rule, arguments = adapter.match(return_rule=True)
    except HTTPException as error:
        return error.code, set(getattr(error, "valid_methods", None) or ())
    return rule, arguments


def by_router(router: Router, request: Request) -> Any:
    router.route(request)
    error = request.routing_exception
    if error is not None:
        return error.code, set(getattr(error, "valid_methods", None) or ())
    return request.url_rule, request.view_args


@pytest.mark.parametrize("path", PATHS)
def test_a_path_leads_where_werkzeug_would_lead(path: str) -> None:
    router = Router(ROUTES)

    for _ in range(2):
        for method in METHODS:
            wanted = by_werkzeug(asked(method, path))
            assert by_router(router, asked(method, path)) == wanted, method
            assert by_router(router, asked(method, path + "/")) == by_werkzeug(
                asked(method, path + "/")
            )


def test_nobody_gets_the_arguments_that_another_has_changed() -> None:
    router = Router(ROUTES)
    first, second = asked("GET", "/letters"), asked("GET", "/letters")

    router.route(first)
    assert first.view_args is not None
    first.view_args["added"] = 1
    router.route(second)

    assert second.view_args == {}


def test_links_lead_to_the_host_and_prefix_that_was_asked() -> None:
    router = Router(ROUTES)
    doors = [("localhost:4", "/one"), ("teekrr.localhost", ""), ("localhost:4", "/two")]

    for host, prefix in doors * 2:
        adapter = router.route(asked("GET", "/letters", host, prefix))
        assert adapter is not None
        link = adapter.build("letter", {"id": "7"}, force_external=True)
        assert link == f"http://{host}{prefix}/letters/7"


def test_a_path_has_the_methods_of_all_its_routes() -> None:
    methods = Router(ROUTES).methods(asked("OPTIONS", "/letters"))

    assert {"GET", "HEAD", "POST", "DELETE"} <= set(methods)


def test_a_host_that_is_none_is_refused_each_time() -> None:
    router = Router(ROUTES)
    for _ in range(2):
        request = asked("GET", "/letters")
        request.environ["HTTP_HOST"] = "a..b"
        router.route(request)
        assert request.routing_exception is not None
        assert request.routing_exception.code == 400
