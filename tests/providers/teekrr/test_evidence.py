"""How each answer says how its behaviour is known."""

import pytest

from tests.providers.teekrr.desk import (
    GOOD,
    TEST_SEND,
    Desk,
    email,
    scheduled,
    sms,
    whatsapp,
    without,
)
from tests.providers.teekrr.test_uploads import PATH as UPLOAD
from tests.providers.teekrr.test_uploads import upload

PICTURE = ("file", b"x", "a.png", "image/png")
LONG_FILM = ("file", b"x" * (16 * 1024 * 1024 + 1), "a.mp4", "video/mp4")
CHECK = {"channel": "sms", "recipients": ["60123456789"]}
NAMED = without(sms(), "templateContent")
OWN = [{"recipient": "60123456789", "variables": {}}]


def level(answer):
    return answer.headers.get("X-Emulator-Evidence")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        *[(path, make()) for path, make in GOOD.items()],
        *[(path, scheduled(make())) for path, make in GOOD.items()],
        ("/whatsapp/test", TEST_SEND),
        ("/broadcasts/validate", CHECK),
    ],
)
def test_the_status_of_every_success_is_assumed(desk, path, body):
    answer = desk.post(path, body)

    assert answer.status_code < 300
    assert level(answer) == "assumed"


def test_uploads_too_rest_on_an_assumed_status(desk):
    assert level(upload(desk, PICTURE)) == "assumed"


@pytest.mark.parametrize(
    ("path", "body", "key", "status", "expected"),
    [
        ("/sms", sms(), None, 401, "documented"),
        ("/sms", sms(), "tk_unknown", 401, "documented"),
        ("/sms", sms(), "tk_revoked", 401, "documented"),
        ("/sms", sms(), "tk_expired", 401, "documented"),
        ("/sms", sms(), "tk_ip", 403, "documented"),
        ("/email", email(), "tk_sms", 403, "assumed"),
        ("/broadcasts/validate", CHECK, "tk_unknown", 401, "observed"),
        ("/broadcasts/validate", {**CHECK, "channel": "email"}, "tk_sms", 403, "assumed"),
        ("/sms", without(sms(), "campaignName"), "tk_all", 400, "documented"),
        ("/whatsapp", whatsapp(campaignName=""), "tk_all", 400, "documented"),
        ("/sms", without(sms(), "campaignName", "type"), "tk_all", 400, "assumed"),
        ("/email", without(email(), "subject"), "tk_all", 400, "assumed"),
        ("/sms", [], "tk_all", 400, "assumed"),
        ("/sms", sms(), "tk_nosub", 403, "documented"),
        ("/sms", sms(keyword="NOPE"), "tk_all", 404, "documented"),
        ("/sms", {**NAMED, "templateName": "nope"}, "tk_all", 404, "documented"),
        ("/sms", {**NAMED, "templateName": "draft_sms"}, "tk_all", 404, "assumed"),
        ("/email", email(templateName="nope"), "tk_all", 404, "documented"),
        ("/whatsapp", whatsapp(), "tk_nosub", 404, "documented"),
        ("/whatsapp", whatsapp(templateName="nope"), "tk_all", 404, "documented"),
        ("/whatsapp", whatsapp(templateName="waiting_wa"), "tk_all", 422, "documented"),
        ("/whatsapp", whatsapp(variables={}), "tk_all", 400, "assumed"),
        ("/sms", sms(*["60123456789"] * 1251), "tk_all", 402, "documented"),
        ("/sms", sms(*["60123456789"] * 6), "tk_post", 402, "documented"),
        (
            "/sms",
            {**without(sms(), "recipients"), "recipientVariables": OWN * 1251},
            "tk_all",
            402,
            "assumed",
        ),
        (UPLOAD, {}, "tk_all", 400, "documented"),
    ],
)
def test_refusals_say_how_they_are_known(desk, path, body, key, status, expected):
    answer = desk.post(path, body, key)

    assert answer.status_code == status, answer.text
    assert level(answer) == expected


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/sms", sms(), "documented"),
        ("/whatsapp", whatsapp(), "documented"),
        ("/whatsapp/test", TEST_SEND, "assumed"),
        ("/email", email(), "assumed"),
    ],
)
def test_subscriptions_are_not_documented_for_all_endpoints(desk, path, body, expected):
    desk.load_client(subscriptions={"sms": False, "whatsapp": False, "email": False})

    answer = desk.post(path, body)

    assert answer.status_code == 403
    assert level(answer) == expected


def test_unparseable_bodies_get_an_assumed_answer(desk):
    answer = desk.post("/sms", data=b"{", content_type="application/json")

    assert level(answer) == "assumed"


def test_files_are_refused_in_documented_and_assumed_words(desk):
    assert level(upload(desk, (*PICTURE[:3], "image/gif"))) == "documented"
    assert level(upload(desk, LONG_FILM)) == "assumed"


def test_what_meta_refuses_is_documented(desk):
    desk.rule("rejected")

    answer = desk.post("/whatsapp/test", TEST_SEND)

    assert (answer.status_code, level(answer)) == (422, "documented")


def test_the_answer_over_the_limit_is_documented():
    desk = Desk(has_limits=True)
    for _ in range(10):
        desk.post("/sms", {})

    answer = desk.post("/sms", sms())

    assert (answer.status_code, level(answer)) == (429, "documented")


def test_the_mark_can_be_switched_off(desk):
    desk.set(evidence_header=False)

    assert level(desk.post("/sms", sms())) is None
