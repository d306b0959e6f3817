"""What newer servers have no longer: classifiers, opt-ins, templates and the login."""

from __future__ import annotations

import pytest

from .people import LAKESIDE, NOBODY
from .test_campaigns import strictly

OLD = {
    **LAKESIDE,
    "classifiers": [
        {
            "uuid": NOBODY,
            "name": "Triage",
            "intents": ["book_visit", "ask_dose"],
            "created_on": "2026-05-01T10:00:00Z",
        },
        {"name": "Luis", "type": "luis", "created_on": "2026-05-02T10:00:00Z"},
        {"name": "Gone", "deleted": True},
    ],
    "optins": [{"name": "Jokes"}],
    "templates": [
        {
            "name": "greeting",
            "modified_on": "2026-05-01T10:00:00Z",
            "translations": [
                {
                    "language": "eng",
                    "locale": "en-KE",
                    "content": "Hi {{1}}",
                    "variable_count": 1,
                    "status": "approved",
                    "channel": "Lakeside SMS",
                }
            ],
        },
        {"name": "bye", "modified_on": "2026-05-03T10:00:00Z"},
    ],
}


@pytest.fixture
def old(rapidpro):
    rapidpro.load(OLD)
    return rapidpro


@pytest.mark.parametrize("name", ["classifiers", "optins", "templates"])
def test_old_endpoints_answer_with_a_warning(rapidpro, name):
    answer = rapidpro.get(name)

    assert (answer.status_code, answer.json["results"]) == (200, [])
    assert name in answer.headers["X-Emulator-Warning"]


@pytest.mark.parametrize("name", ["classifiers", "optins", "templates"])
def test_the_newest_server_has_no_such_endpoints(rapidpro, name):
    strictly(rapidpro)

    assert rapidpro.get(name).status_code == 404
    assert rapidpro.get(f"/rapidpro/api/v2/{name}").status_code == 404
    assert rapidpro.post(name, {"name": "x"}).status_code == 404


def test_classifiers_are_shown_with_their_intents(old):
    luis, triage = old.items("classifiers")

    assert triage == {
        "uuid": NOBODY,
        "name": "Triage",
        "type": "wit",
        "intents": ["ask_dose", "book_visit"],
        "created_on": "2026-05-01T10:00:00.000000Z",
    }
    assert (luis["name"], luis["type"], luis["intents"]) == ("Luis", "luis", [])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"uuid": NOBODY}, ["Triage"]),
        ({"after": "2026-05-02"}, ["Luis"]),
        ({"before": "2026-05-02"}, ["Triage"]),
        ({"before": "junk"}, []),
        ({"uuid": NOBODY, "after": "2026-05-02"}, []),
    ],
)
def test_classifiers_are_filtered(old, query, names):
    assert [found["name"] for found in old.items("classifiers", **query)] == names


def test_optins_are_made(old):
    made = old.post("optins", {"name": " News "})
    taken = old.post("optins", {"name": "JOKES"})

    assert (made.status_code, list(made.json)) == (201, ["uuid", "name", "created_on"])
    assert [optin["name"] for optin in old.items("optins")] == ["News", "Jokes"]
    assert (taken.status_code, taken.json) == (400, {"name": ["This field must be unique."]})
    assert old.post("optins", {}).json == {"name": ["This field is required."]}


def test_templates_are_shown_with_their_translations(old):
    bye, greeting = old.items("templates")

    assert list(greeting) == ["uuid", "name", "translations", "created_on", "modified_on"]
    assert greeting["translations"] == [
        {
            "language": "eng",
            "locale": "en-KE",
            "content": "Hi {{1}}",
            "namespace": "",
            "variable_count": 1,
            "status": "approved",
            "channel": {"uuid": "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01", "name": "Lakeside SMS"},
        }
    ]
    assert (bye["name"], bye["translations"]) == ("bye", [])
    assert [t["name"] for t in old.items("templates", after="2026-05-02")] == ["bye"]


def log_in(rapidpro, **form):
    return rapidpro.call("POST", "/rapidpro/api/v2/authenticate", data=form)


def test_a_login_hands_out_the_keys_of_a_role(rapidpro):
    wish = {"username": "Edna@lakeside.example", "password": "rp_token_editor"}

    as_editor = log_in(rapidpro.as_(None), **wish, role="E")
    as_admin = log_in(rapidpro.as_(None), **wish, role="A")

    (given,) = as_editor.json["tokens"]
    assert given["token"] == "rp_token_editor"
    assert {key: given["org"][key] for key in ("uuid", "name")} == LAKESIDE
    assert isinstance(given["org"]["id"], int)
    assert as_admin.json == {"tokens": []}
    assert "X-Emulator-Warning" in as_editor.headers


@pytest.mark.parametrize(
    "form",
    [
        {"username": "edna@lakeside.example", "password": "wrong", "role": "E"},
        {"username": "nobody@x.example", "password": "rp_token_editor", "role": "E"},
        {},
    ],
)
def test_a_bad_login_is_refused(rapidpro, form):
    assert log_in(rapidpro.as_(None), **form).status_code == 403


def test_the_newest_server_has_no_login(rapidpro):
    strictly(rapidpro)

    assert log_in(rapidpro.as_(None)).status_code == 404
