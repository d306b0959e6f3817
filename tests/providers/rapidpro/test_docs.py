"""Addresses without suffix are documentation pages: a common mistake of clients."""

from __future__ import annotations

import pytest

NOT_PROVIDED = {"detail": "Authentication credentials were not provided."}
NOT_PERMITTED = {"detail": "You do not have permission to perform this action."}
WORKSPACE = "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01"


def page(rapidpro, name, method="GET", body=None, /, **query):
    return rapidpro.call(method, f"/rapidpro/api/v2/{name}", body, query=query)


@pytest.mark.parametrize("name", ["contacts", "groups", "channels", "topics", "users"])
def test_a_page_is_an_empty_list_to_programs(rapidpro, name):
    for driver in (rapidpro, rapidpro.as_(None)):
        answer = page(driver, name)
        assert (answer.status_code, answer.json) == (200, [])


def test_a_page_is_html_to_people(rapidpro):
    for accept in ("text/html", "*/*"):
        answer = rapidpro.call("GET", "/rapidpro/api/v2/contacts", headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "POST /api/v2/contacts.json" in answer.text


def test_the_format_parameter_decides_before_the_header(rapidpro):
    place, html = "/rapidpro/api/v2/contacts", {"Accept": "text/html"}

    assert rapidpro.call("GET", place, query={"format": "json"}, headers=html).json == []
    assert rapidpro.call("GET", place, query={"format": "xml"}).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("name", ["contacts", "contact_actions"])
def test_whoever_writes_without_suffix_is_refused(rapidpro, method, name):
    known = page(rapidpro, name, method, {"name": "Lost"})
    unknown = page(rapidpro.as_(None), name, method, {"name": "Lost"})

    assert (known.status_code, known.json) == (403, NOT_PERMITTED)
    assert (unknown.status_code, unknown.json) == (403, NOT_PROVIDED)


def test_a_bad_token_is_refused_here_too(rapidpro):
    answer = page(rapidpro.as_("nope"), "contacts")

    assert (answer.status_code, answer.json) == (403, {"detail": "Invalid token"})


def test_only_exclusive_filters_are_checked(rapidpro):
    assert page(rapidpro, "groups", uuid="x").json == []
    answer = page(rapidpro, "groups", uuid="x", name="y")
    assert answer.status_code == 400
    assert answer.json == {"detail": "You may only specify one of the uuid, name parameters"}


@pytest.mark.parametrize("name", ["contact_actions", "message_actions", "media"])
def test_what_only_takes_posts_has_no_page(rapidpro, name):
    for driver in (rapidpro, rapidpro.as_(None)):
        answer = page(driver, name)
        assert (answer.status_code, answer.json["detail"]) == (405, 'Method "GET" not allowed.')


@pytest.mark.parametrize("name", ["workspace", "org"])
def test_the_workspace_answers_without_suffix(rapidpro, name):
    assert page(rapidpro, name).json["uuid"] == WORKSPACE
    assert page(rapidpro.as_(None), name).json == {"uuid": None, "name": ""}


def test_a_forgotten_suffix_gets_a_hint(rapidpro):
    answer = page(rapidpro, "contacts", "POST", {"name": "Lost"})

    assert answer.headers["X-Emulator-Hint"] == (
        "/api/v2/contacts is the documentation page of contacts; "
        "the endpoint is POST /api/v2/contacts.json"
    )
    assert len(rapidpro.items("contacts")) == 6
