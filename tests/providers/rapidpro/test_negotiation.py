"""Which answers and bodies there are: Accept and Content-Type."""

from __future__ import annotations

import pytest

WORKSPACE = "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01"


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "*/*",
        "application/*",
        "application/json; indent=4",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html, application/json;q=0.5",
    ],
)
def test_json_is_given_to_whoever_takes_it(rapidpro, accept):
    answer = rapidpro.call("GET", "topics", headers={"Accept": accept})

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "garbage", ""])
def test_others_are_refused_and_belong_to_their_workspace_all_the_same(rapidpro, accept):
    answer = rapidpro.call("GET", "topics", headers={"Accept": accept})

    assert answer.status_code == 406
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Could not satisfy the request Accept header." in answer.text
    assert answer.headers["X-Temba-Workspace"] == WORKSPACE


def test_the_format_comes_before_credentials(rapidpro):
    answer = rapidpro.as_("nope").call("GET", "topics", headers={"Accept": "application/xml"})

    assert answer.status_code == 406
    assert "X-Temba-Workspace" not in answer.headers


def test_nothing_is_done_for_whoever_could_not_read_the_answer(rapidpro):
    rapidpro.call("POST", "topics", {"name": "Never"}, headers={"Accept": "application/xml"})

    assert "Never" not in [topic["name"] for topic in rapidpro.items("topics")]


@pytest.mark.parametrize("wanted", ["json", "xml"])
def test_the_format_parameter_means_nothing_behind_the_suffix(rapidpro, wanted):
    assert rapidpro.get("topics", format=wanted).status_code == 200


def send(rapidpro, data, content_type, **options):
    headers = {} if content_type is None else {"Content-Type": content_type}
    return rapidpro.call("POST", "topics", data=data, headers=headers, **options)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "text/json", ""])
def test_other_types_of_body_are_refused(rapidpro, content_type):
    answer = send(rapidpro, '{"name": "x"}', content_type)

    assert answer.status_code == 415
    assert answer.json == {"detail": f'Unsupported media type "{content_type}" in request.'}


@pytest.mark.parametrize("content_type", ["application/json", None, "text/plain"])
def test_an_empty_body_says_nothing_whatever_its_type(rapidpro, content_type):
    answer = send(rapidpro, b"", content_type)

    assert (answer.status_code, answer.json) == (400, {"name": ["This field is required."]})


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_forms_are_read(rapidpro, content_type):
    answer = rapidpro.call("POST", "topics", data={"name": "Form"}, content_type=content_type)

    assert (answer.status_code, answer.json["name"]) == (201, "Form")


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (b"name=na%C3%AFve", ""),
        (b"name=na\xefve", ""),
        (b"name=na%EFve&other=\xef", "; charset=latin-1"),
    ],
)
def test_a_form_of_another_character_set_loses_nothing(rapidpro, body, charset):
    answer = send(rapidpro, body, f"application/x-www-form-urlencoded{charset}")

    assert (answer.status_code, answer.json["name"]) == (201, "naïve")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "{",
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        ("name", "Expecting value: line 1 column 1 (char 0)"),
        ('{"name": "x"} extra', "Extra data: line 1 column 15 (char 14)"),
        ('{"name": NaN}', "Out of range float values are not JSON compliant: 'NaN'"),
        ("   ", "Expecting value: line 1 column 4 (char 3)"),
    ],
)
def test_malformed_json_is_refused_with_pythons_reason(rapidpro, text, reason):
    answer = send(rapidpro, text, "application/json")

    assert answer.status_code == 400
    assert answer.json == {"detail": f"JSON parse error - {reason}"}


@pytest.mark.parametrize("text", ["[]", '[{"name": "x"}]', "null", '"str"', "5", "true"])
def test_a_body_must_be_one_object(rapidpro, text):
    answer = send(rapidpro, text, "application/json; charset=utf-8")

    assert answer.status_code == 400
    assert answer.json == {"non_field_errors": ["Request body should be a single JSON object"]}


def test_the_charset_is_honoured(rapidpro):
    answer = send(
        rapidpro, '{"name": "naïve"}'.encode("latin-1"), "application/json; charset=latin-1"
    )

    assert answer.json["name"] == "naïve"


def test_a_long_body_is_refused_for_its_fields_only(rapidpro):
    answer = rapidpro.post("topics", {"name": "x" * 3_000_000})

    assert answer.status_code == 400
    assert answer.json["name"][0] == "Cannot be longer than 64 characters."
