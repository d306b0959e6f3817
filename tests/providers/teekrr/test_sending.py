"""What good requests answer, and what is refused behind validation, in which order."""

import re

import pytest

from emulator.core.errors import Invalid
from tests.providers.teekrr.desk import (
    CHANNELS,
    GOOD,
    TEST_SEND,
    email,
    scheduled,
    sms,
    whatsapp,
    without,
)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
FAILED = "Validation failed"


def named(body, template, *rows):
    """Return an SMS or e-mail body in dynamic mode with a stored template."""
    body = without(body, "recipients", "templateContent")
    return {**body, "templateName": template, "recipientVariables": list(rows)}


def row(address="60123456789", **variables):
    return {"recipient": address, "variables": variables}


def test_an_immediate_sms_broadcast_is_accepted(desk):
    answer = desk.post("/sms", sms("60123456789", "+60198765432", keyword="ACME"))

    assert answer.status_code == 202
    assert answer.content_type == "application/json; charset=utf-8"
    data = answer.json["data"]
    assert list(data) == ["broadcastUuid", "queued"]
    assert UUID.fullmatch(data["broadcastUuid"])
    assert data["queued"] == 2
    assert [view.to for view in desk.messages()] == ["60123456789", "60198765432"]
    assert all(UUID.fullmatch(record.id) for record in desk.records())
    assert desk.statuses() == [["pending", "enqueued"]] * 2


@pytest.mark.parametrize("path", GOOD)
def test_a_scheduled_broadcast_is_accepted(desk, path):
    answer = desk.post(path, scheduled(GOOD[path]()))

    assert answer.status_code == 202
    assert list(answer.json["data"]) == ["broadcastUuid", "queued", "scheduledAt"]
    assert answer.json["data"]["scheduledAt"] == "2026-05-07T01:30:00.000Z"
    assert desk.statuses() == [["pending"]]


def test_repeated_numbers_get_a_message_each(desk):
    answer = desk.post("/sms", sms("60123456789", "+60123456789", "60123456789"))

    assert answer.json["data"]["queued"] == 3
    assert desk.credit() == (10_000 - 24, 24, 0)


def test_two_identical_requests_make_two_broadcasts(desk):
    headers = {"Idempotency-Key": "same"}
    first = desk.post("/sms", sms(), headers=headers).json["data"]["broadcastUuid"]
    second = desk.post("/sms", sms(), headers=dict(headers)).json["data"]["broadcastUuid"]

    assert first != second
    assert desk.credit() == (10_000 - 16, 16, 0)


def test_messages_show_what_the_dashboard_logs(desk):
    id = desk.send("/sms", sms(keyword="ACME"))

    [view] = desk.messages()

    assert (view.from_, view.to, view.broadcast) == ("68100", "60123456789", id)
    assert view.text == "Our branches close at 3pm on Friday."
    assert view.native == {
        "campaignName": "Raya opening hours",
        "keyword": "ACME",
        "variables": None,
        "rate": 8,
    }


@pytest.mark.parametrize("path", ["/whatsapp", "/email"])
def test_the_shortcode_is_that_of_sms_alone(desk, path):
    desk.send(path, GOOD[path]())

    assert desk.messages()[0].from_ is None


def test_values_are_put_in_once_and_everywhere(desk):
    text = "Hi {name}, {code} {code} {Name} {1x} {} {{code}} } {"
    body = named(sms(), "x", row(name="{code}", code="4821", Name="N", unused="u"))
    desk.send("/sms", {**without(body, "templateName"), "templateContent": text})

    assert desk.messages()[0].text == "Hi {code}, 4821 4821 N {1x} {} {4821} } {"


def test_each_recipient_gets_its_own_text(desk):
    rows = [row(name="Aisyah", code="4821"), row("60111222333", name="", code="9930")]
    desk.send("/sms", named(sms(), "otp_sms", *rows))

    assert [view.text for view in desk.messages()] == [
        "Hi Aisyah, your code is 4821. 4821 expires soon.",
        "Hi , your code is 9930. 9930 expires soon.",
    ]
    assert desk.messages()[0].template == "otp_sms"
    assert desk.messages()[0].native["variables"] == {"name": "Aisyah", "code": "4821"}


@pytest.mark.parametrize(
    ("path", "body", "address"),
    [("/sms", sms(), "60123456789"), ("/email", email(), "aisyah@example.com")],
)
def test_a_text_stays_when_its_template_is_changed(desk, path, body, address):
    template = {"channel": path[1:], "name": "own", "status": "approved"}
    desk.load_client(templates=[{**template, "content": "{name}: {code}{code}"}])
    desk.rule("rejected", text_pattern="^B: ")
    first, second = row(address, name="A", code="1"), row(address, name="B", code="{name}")
    desk.send(path, named(body, "own", first, second))

    desk.load_client(templates=[{**template, "content": "New"}])
    desk.send(path, named(body, "own", first))
    desk.advance()

    assert [m.text for m in desk.messages()] == ["A: 11", "B: {name}{name}", "New"]
    assert [m.status == "failed" for m in desk.messages()] == [False, True, False]


def test_nothing_is_put_in_in_standard_mode(desk):
    body = {**without(sms(), "templateContent"), "templateName": "otp_sms"}
    desk.send("/sms", body)

    assert desk.messages()[0].text.startswith("Hi {name}, your code is {code}.")


def test_missing_values_are_listed_and_nothing_is_sent(desk):
    rows = [row(name="A", code="1"), row(code=None), row(name="C")]
    before = desk.stored()

    answer = desk.post("/sms", named(sms(), "otp_sms", *rows))

    assert (answer.status_code, answer.json["message"]) == (400, FAILED)
    assert [tuple(error.values()) for error in answer.json["errors"]] == [
        ("recipientVariables.1.variables.name", "Missing value for template variable: name"),
        ("recipientVariables.1.variables.code", "Missing value for template variable: code"),
        ("recipientVariables.2.variables.code", "Missing value for template variable: code"),
    ]
    assert desk.stored() == before


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/sms", sms(keyword="acme"), "Keyword not found"),
        ("/sms", sms(keyword="OTHER"), "Keyword not found"),
        ("/sms", named(sms(), "nothing", row()), "Template not found"),
        ("/sms", named(sms(), "OTP_SMS", row()), "Template not found"),
        ("/sms", named(sms(), "draft_sms", row()), "Template not found"),
        ("/sms", named(sms(), "welcome_mail", row()), "Template not found"),
        ("/email", email(templateName="otp_sms"), "Template not found"),
        ("/whatsapp", whatsapp(templateName="otp_sms"), "WhatsApp template not found"),
        ("/whatsapp/test", {**TEST_SEND, "templateName": "x"}, "WhatsApp template not found"),
    ],
)
def test_what_a_client_does_not_have_is_not_found(desk, path, body, message):
    answer = desk.post(path, body)

    assert (answer.status_code, answer.json) == (404, {"message": message})


def test_templates_belong_to_one_client(desk):
    body = {**without(sms(), "templateContent"), "templateName": "plain_sms"}

    assert desk.post("/sms", body, "tk_post").json == {"message": "Template not found"}


@pytest.mark.parametrize("path", ["/whatsapp", "/whatsapp/test"])
@pytest.mark.parametrize("status", ["pending", "rejected"])
def test_whatsapp_templates_must_be_approved(desk, path, status):
    changed = {"channel": "whatsapp", "name": "bill_due", "status": status}
    desk.load_client(templates=[changed])
    body = {"/whatsapp": whatsapp(), "/whatsapp/test": TEST_SEND}[path]

    answer = desk.post(path, body)

    message = f"Template is not approved (current status: {status})"
    assert (answer.status_code, answer.json) == (422, {"message": message})


@pytest.mark.parametrize(
    ("path", "word"), [("/sms", "SMS"), ("/whatsapp", "WhatsApp"), ("/email", "Email")]
)
def test_channels_need_a_subscription(desk, path, word):
    desk.load_client(subscriptions={CHANNELS[path]: False})

    answer = desk.post(path, GOOD[path](keyword="NOPE", templateName="nope", templateContent=None))

    message = f"Client does not have an active {word} channel subscription"
    assert (answer.status_code, answer.json) == (403, {"message": message})


def test_test_sends_need_a_subscription(desk):
    desk.load_client(subscriptions={"whatsapp": False})

    assert desk.post("/whatsapp/test", TEST_SEND).status_code == 403


@pytest.mark.parametrize(
    ("own", "platform", "status"),
    [(False, False, 404), (True, False, 202), (False, True, 202), (True, True, 202)],
)
def test_whatsapp_needs_an_account_at_meta(desk, own, platform, status):
    desk.load_client(waba={"own": own, "platformDefaultEnabled": platform})

    answer = desk.post("/whatsapp", whatsapp())

    assert answer.status_code == status
    if status == 404:
        message = "No active WhatsApp configuration found for this client"
        assert answer.json == {"message": message}
        assert desk.post("/whatsapp", whatsapp(templateName="x")).json == {"message": message}


def test_the_order_of_refusals_behind_validation(desk):
    body = named(sms(keyword="NOPE"), "nope", row())
    desk.load_client(billing={"creditBalance": 0}, subscriptions={"sms": False})
    seen = [desk.post("/sms", body).json["message"]]

    desk.load_client(subscriptions={"sms": True})
    seen.append(desk.post("/sms", body).json["message"])
    body = without(body, "keyword")
    seen.append(desk.post("/sms", body).json["message"])
    seen.append(desk.post("/sms", {**body, "templateName": "otp_sms"}).json["message"])
    body = named(sms(), "otp_sms", row(name="a", code="b"))
    seen.append(desk.post("/sms", body).json["message"])

    assert seen == [
        "Client does not have an active SMS channel subscription",
        "Keyword not found",
        "Template not found",
        FAILED,
        "Insufficient credit. Required: RM0.08, available: RM0.00",
    ]


def test_the_order_of_refusals_behind_validation_of_whatsapp(desk):
    desk.load_client(
        billing={"creditBalance": 0},
        subscriptions={"whatsapp": False},
        waba={"own": False, "platformDefaultEnabled": False},
    )
    body, seen = whatsapp(templateName="nope", variables={}), []

    def send(**changes):
        desk.load_client(**changes)
        answer = desk.post("/whatsapp", body)
        seen.append((answer.status_code, answer.json["message"]))

    send()
    send(subscriptions={"whatsapp": True})
    send(waba={"own": True})
    body["templateName"] = "waiting_wa"
    send()
    send(templates=[{"channel": "whatsapp", "name": "waiting_wa", "status": "rejected"}])
    body["templateName"] = "bill_due"
    send()
    body["variables"] = {"body": ["a", "b"]}
    send()

    assert seen == [
        (403, "Client does not have an active WhatsApp channel subscription"),
        (404, "No active WhatsApp configuration found for this client"),
        (404, "WhatsApp template not found"),
        (422, "Template is not approved (current status: pending)"),
        (422, "Template is not approved (current status: rejected)"),
        (400, FAILED),
        (402, "Insufficient credit. Required: RM0.35, available: RM0.00"),
    ]


def test_a_test_send_needs_no_credit(desk):
    desk.load_client(billing={"creditBalance": 0})

    assert desk.post("/whatsapp/test", TEST_SEND).status_code == 200


@pytest.mark.parametrize(
    ("template", "variables", "expected"),
    [
        (
            "bill_due",
            {"body": ["one"]},
            [("body", "Template expects 2 body variables but 1 were provided")],
        ),
        ("bill_due", None, [("body", "Template expects 2 body variables but 0 were provided")]),
        (
            "bill_due",
            {"header": ["h"], "body": [], "button": ["b", "b"]},
            [
                ("header", "Template expects 0 header variables but 1 were provided"),
                ("body", "Template expects 2 body variables but 0 were provided"),
                ("button", "Template expects 0 button variables but 2 were provided"),
            ],
        ),
        (
            "promo_image",
            {},
            [
                ("button", "Template expects 1 button variables but 0 were provided"),
                ("headerImage", "headerImage is required for this template"),
            ],
        ),
        (
            "promo_image",
            {"button": ["b"], "headerImage": "ftp://x"},
            [("headerImage", "Invalid URL")],
        ),
        (
            "otp_named",
            {"templateParams": {"other": "x"}},
            [
                (
                    "templateParams.verificationCode",
                    "Missing value for template variable: verificationCode",
                )
            ],
        ),
    ],
)
@pytest.mark.parametrize("mode", ["shared", "own", "flat", "test"])
def test_values_must_fit_the_whatsapp_template(desk, template, variables, expected, mode):
    body, path, prefix = {**whatsapp(), "templateName": template}, "/whatsapp", "variables"
    body["variables"] = variables
    if mode == "test":
        body, path = {**TEST_SEND, "templateName": template, "variables": variables}, path + "/test"
    elif mode != "shared":
        body, prefix = without(body, "recipients", "variables"), "recipientVariables.0.variables"
        own = {"variables": variables} if mode == "own" else variables or {}
        body["recipientVariables"] = [{"to": "60123456789", **own}]

    answer = desk.post(path, body)

    assert answer.status_code == 400
    found = [tuple(error.values()) for error in answer.json["errors"]]
    assert found == [(f"{prefix}.{field}", message) for field, message in expected]


def test_whatsapp_texts_are_worded_from_values(desk):
    rows = [
        {"to": "60123456789", "variables": {"body": ["Aisyah", "RM 50"], "headerVideo": "unused"}},
        {"to": "60198765432", "body": ["{{2}}", "x"], "templateParams": {"unused": "y"}},
    ]
    body = without(whatsapp(), "recipients", "variables")
    desk.send("/whatsapp", {**body, "recipientVariables": rows})
    named_body = whatsapp(templateName="otp_named")
    named_body["variables"] = {"templateParams": {"verificationCode": "77"}}
    desk.send("/whatsapp", named_body)

    assert [view.text for view in desk.messages()] == [
        "Hi Aisyah, RM 50 is due.",
        "Hi {{2}}, x is due.",
        "Code 77",
    ]


@pytest.mark.parametrize(
    "url", ["https://media.example/a.png", "http://127.0.0.1:4600/x", "HTTPS://media.example/a"]
)
def test_media_of_a_whatsapp_message_are_shown(desk, url):
    variables = {"button": ["x"], "headerImage": url}
    desk.send("/whatsapp", whatsapp(templateName="promo_image", variables=variables))

    assert desk.messages()[0].media == [url]


@pytest.mark.parametrize("header", ["none", "video"])
def test_a_message_keeps_its_media_when_its_template_changes(desk, header):
    picture = {"button": ["1"], "headerImage": "https://media.example/a.png"}
    both = {**picture, "headerVideo": "https://media.example/a.mp4"}
    desk.post("/whatsapp", whatsapp(templateName="promo_image", variables=picture))
    test_send = {**TEST_SEND, "templateName": "promo_image", "variables": both}
    desk.post("/whatsapp/test", test_send)

    changed = {"channel": "whatsapp", "name": "promo_image", "header": {"format": header}}
    desk.load_client(templates=[changed])
    desk.post("/whatsapp/test", test_send)

    first, tested, last = (view.media for view in desk.messages())
    assert first == tested == ["https://media.example/a.png"]
    assert last == {"none": [], "video": ["https://media.example/a.mp4"]}[header]


def test_immediate_email_is_attempted_before_the_answer(desk):
    desk.rule("rejected", to_prefix="bad")
    desk.rule("pending", to_prefix="slow")
    desk.rule("undelivered", to_prefix="late")
    recipients = ["good@example.com", "bad1@example.com", "bad2@example.com", "slow@example.com",
                  "late@example.com"]  # fmt: skip

    answer = desk.post("/email", email(*recipients))

    assert answer.status_code == 200
    data = answer.json["data"]
    assert list(data) == ["broadcastUuid", "sent", "failed"]
    assert (data["sent"], data["failed"]) == (2, 2)
    assert desk.statuses() == [
        ["pending", "send"],
        ["pending", "failed"],
        ["pending", "failed"],
        ["pending"],
        ["pending", "send"],
    ]
    assert desk.credit() == (10_000 - 6, 2, 4)


def test_email_of_which_all_fails_is_still_a_success(desk):
    desk.rule("rejected")

    answer = desk.post("/email", email("a@example.com", "b@example.com"))

    assert answer.status_code == 200
    assert answer.json["data"]["sent"] == 0
    assert answer.json["data"]["failed"] == 2
    assert desk.credit() == (10_000, 0, 0)


def test_values_are_put_into_subjects_too(desk):
    rows = [row("a@example.com", name="Aisyah", day="Monday")]
    desk.send("/email", named(email(subject="{day}: hello {name}"), "welcome_mail", *rows))

    [view] = desk.messages()
    assert (view.text, view.native["subject"]) == ("Welcome Aisyah", "Monday: hello Aisyah")
    assert view.native["campaignName"] is None

    rows = [row("a@example.com", name="Aisyah")]
    refused = desk.post("/email", named(email(subject="{day}"), "welcome_mail", *rows))
    assert refused.json["errors"][0]["field"] == "recipientVariables.0.variables.day"


def test_a_test_send_answers_with_two_ids(desk):
    answer = desk.post("/whatsapp/test", TEST_SEND)

    assert answer.status_code == 200
    data = answer.json["data"]
    assert list(data) == ["messageUuid", "metaMessageId"]
    assert data["metaMessageId"].startswith("wamid.HBgLNjAxMjM0NTY3OD")
    [view] = desk.messages()
    assert desk.records()[0].id == data["messageUuid"]
    assert (view.broadcast, view.native["rate"], view.to) == (None, 0, "60123456789")
    assert view.text == "Hi Aisyah, RM 50 is due."
    assert desk.credit() == (10_000, 0, 0)
    again = desk.post("/whatsapp/test", TEST_SEND).json["data"]
    assert again["metaMessageId"] != data["metaMessageId"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (None, "Test send failed (131026): Recipient cannot receive"),
        ({"code": "131047", "message": "Too late"}, "Test send failed (131047): Too late"),
    ],
)
def test_a_test_send_that_meta_refuses_is_refused(desk, error, message):
    desk.rule("rejected", **({"error": error} if error else {}))
    desk.listen()

    answer = desk.post("/whatsapp/test", TEST_SEND)

    assert (answer.status_code, answer.json) == (422, {"message": message})
    desk.advance()
    assert desk.records() == []
    assert desk.callbacks == []


def test_a_refused_test_send_was_an_attempt(desk):
    desk.rule("rejected", nth=[1])

    assert desk.post("/whatsapp/test", TEST_SEND).status_code == 422
    assert desk.post("/whatsapp/test", TEST_SEND).status_code == 200


def test_success_codes_can_be_set(desk):
    desk.set(teekrr={"success_codes": {"accepted": 201}})

    assert desk.post("/sms", sms()).status_code == 201
    assert desk.post("/email", email()).status_code == 200


@pytest.mark.parametrize("code", [199, 300, "202", True, 204, 205])
def test_success_has_a_code_that_says_so_and_a_body(desk, code):
    with pytest.raises(Invalid):
        desk.set(teekrr={"success_codes": {"accepted": code}})


def test_a_list_is_sorted_out_without_side_effects(desk):
    before = desk.stored()
    given = ["60123456789", "abc", "", "+60123456789", None, "  ", "60198765432"]

    answer = desk.post("/broadcasts/validate", {"channel": "whatsapp", "recipients": given})

    assert answer.status_code == 200
    bad, empty, twice = "Invalid phone number", "Recipient is required", "Duplicate recipient"
    assert answer.json["data"] == {
        "summary": {"total": 7, "valid": 2, "invalid": 5},
        "valid": [{"row": 1, "value": "60123456789"}, {"row": 7, "value": "60198765432"}],
        "invalid": [
            {"row": 2, "value": "abc", "code": "INVALID_FORMAT", "message": bad},
            {"row": 3, "value": "", "code": "EMPTY", "message": empty},
            {"row": 4, "value": "+60123456789", "code": "DUPLICATE", "message": twice},
            {"row": 5, "code": "EMPTY", "message": empty},
            {"row": 6, "value": "  ", "code": "EMPTY", "message": empty},
        ],
    }
    assert desk.stored() == before


def test_a_list_of_addresses_is_sorted_out_for_email(desk):
    body = {"channel": "email", "recipients": ["a@example.com", "60123456789"]}

    answer = desk.post("/broadcasts/validate", body)

    assert answer.json["data"]["summary"] == {"total": 2, "valid": 1, "invalid": 1}
    assert answer.json["data"]["invalid"][0]["message"] == "Invalid email address"


@pytest.mark.parametrize("channel", ["whatsapp", "email"])
def test_a_list_needs_the_scope_of_its_channel(desk, channel):
    body = {"channel": channel, "recipients": ["x"]}

    assert desk.post("/broadcasts/validate", body, "tk_sms").json == {
        "message": f"API key does not have the required permission: send_{channel}"
    }
    assert (
        desk.post("/broadcasts/validate", {**body, "channel": "sms"}, "tk_sms").status_code == 200
    )
    assert desk.post("/broadcasts/validate", {"channel": "fax"}, "tk_sms").status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/sms", {"templateName": "otp_smss"}, "no sms template 'otp_smss'; nearest: otp_sms"),
        ("/sms", {"templateName": "zzz"}, "client acme has no sms template 'zzz'"),
        ("/sms", {"templateName": "bill_due"}, "'bill_due', but one for whatsapp"),
        ("/sms", {"templateName": "draft_sms"}, "'draft_sms' of client acme is pending, not"),
        ("/sms", {"keyword": "acme"}, "client acme has the keywords: ACME"),
        ("/whatsapp", {"templateName": "bil_due"}, "'bil_due'; nearest: bill_due"),
        ("/email", {"templateName": "plain_sms"}, "'plain_sms', but one for sms"),
    ],
)
def test_a_hint_says_why_nothing_is_found(desk, path, body, said):
    full = {**GOOD[path](), **body}

    answer = desk.post(path, without(full, "templateContent") if "templateName" in body else full)

    assert answer.status_code == 404
    assert said in answer.headers["X-Emulator-Hint"]
