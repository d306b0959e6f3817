"""Single messages: addressees, sessions, refusals with 200, schedules, histories."""

import pytest

from tests.providers.whautomate.desk import HELLO, MAIN, NOW, WEST, to_template

SEND = "/messages/whatsapp/send"
ADA = {"contact": {"id": "conAda0001"}, "location": MAIN}
TEXT = {**ADA, "textMessage": "Hello"}
MEDIA = {**ADA, "mediaUrl": "https://cdn.example.test/a.jpg", "mimeType": "image/jpeg"}
TEMPLATE = {**ADA, "template": HELLO}
OFFER = {
    "template": {"name": "spring_offer", "language": "en"},
    "headerMediaUrl": "https://cdn.example.test/banner.jpg",
    "bodyTextParameters": ["{{contact.name}}", "5%"],
    "buttonUrlParameters": ["x"],
}
LATER = "2026-05-06T11:00:00.000Z"
ALL_CHANNELS = ("whatsapp", "messenger", "instagram", "telegram")


def failed(error):
    return {"id": "", "status": "failed", "error": error}


def sent(desk, path, body):
    answer = desk.post(path, body)
    assert answer == {"id": answer["id"], "status": "sent", "error": ""}
    assert len(answer["id"]) == 10
    return answer["id"]


def test_a_template_is_sent_at_once(desk):
    desk.subscribe("outgoing_whatsapp_message")
    id = sent(desk, f"{SEND}template", {**TEMPLATE, **OFFER})

    [message] = desk.get("/messages/conAda0001")
    assert message == {
        "id": id,
        "contact": {"id": "conAda0001", "channel": "whatsapp", "phoneNumber": "12025550110"},
        "channel": "whatsApp",
        "isIncoming": False,
        "type": "template",
        "replyToMessage": {},
        "sentBy": "Rest API",
        "timestamp": NOW,
        "status": "sent",
        "mediaUrl": "https://cdn.example.test/banner.jpg",
        "text": "Hi Ada Byron, our spring offer gives you 5% off.",
        "options": ["Shop now"],
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    desk.advance()
    assert desk.events == ["outgoing_whatsapp_message"]
    assert desk.callbacks[0]["message"] == message
    [message] = desk.get("/messages/conAda0001")
    assert (message["status"], message["updatedAt"]) == ("read", "2026-05-06T10:00:10.000Z")


def test_headers_of_text_are_shown(desk):
    order = {"template": {"name": "order_update", "language": "en_US"}}
    sent(
        desk,
        f"{SEND}template",
        {**ADA, **order, "headerTextParameters": ["No. 7"], "bodyTextParameters": ["7"]},
    )

    [message] = desk.get("/messages/conAda0001")
    assert (message["headerText"], message["text"]) == ("No. 7", "Your order 7 is on its way.")


ADDRESSEE = "contact, client or recepient is required"
TOO_MANY = "Only one of contact, client, recepient is allowed"
MISTAKES = [
    ({"contact": None}, ADDRESSEE, None),
    ({"contact": None, "recipient": {"phoneNumber": "+12025550199"}}, ADDRESSEE, None),
    ({"client": {"id": "cliMia0001"}}, TOO_MANY, None),
    ({"recepient": {"phoneNumber": "+12025550199"}}, TOO_MANY, None),
    ({"contact": {}}, "contact.id is required", "contact.id"),
    ({"contact": "conAda0001"}, "contact.id is required", "contact.id"),
    ({"contact": None, "client": {"id": ""}}, "client.id is required", "client.id"),
    (
        {"contact": None, "recepient": {"name": "Zoe"}},
        "recepient.phoneNumber is required",
        "recepient.phoneNumber",
    ),
    (
        {"contact": None, "recepient": {"phoneNumber": "123"}},
        "recepient.phoneNumber is invalid",
        "recepient.phoneNumber",
    ),
    (
        {"contact": None, "recepient": {"phoneNumber": "+12025550199", "name": 5}},
        "recepient.name must be a string",
        "recepient.name",
    ),
    (
        {"contact": None, "recepient": {"phoneNumber": "+12025550199", "name": False}},
        "recepient.name must be a string",
        "recepient.name",
    ),
    ({"location": None}, "location.id is required", "location.id"),
    ({"location": {}}, "location.id is required", "location.id"),
    ({"location": {"id": "nowhere"}}, "Location not found", "location.id"),
    (
        {"scheduleDateTime": "soon"},
        "scheduleDateTime must be an ISO 8601 date",
        "scheduleDateTime",
    ),
]
OF_KINDS = [
    ("text", TEXT, {"textMessage": None}, "textMessage is required", "textMessage"),
    ("text", TEXT, {"textMessage": ""}, "textMessage is required", "textMessage"),
    ("text", TEXT, {"textMessage": 5}, "textMessage must be a string", "textMessage"),
    ("media", MEDIA, {"mediaUrl": None}, "mediaUrl is required", "mediaUrl"),
    ("media", MEDIA, {"mediaUrl": ""}, "mediaUrl is required", "mediaUrl"),
    ("media", MEDIA, {"mediaUrl": "a.jpg"}, "mediaUrl must be a valid URL", "mediaUrl"),
    ("media", MEDIA, {"mimeType": None}, "mimeType is required", "mimeType"),
    ("media", MEDIA, {"mimeType": ""}, "mimeType is required", "mimeType"),
    ("template", TEMPLATE, {"template": None}, "template.name is required", "template.name"),
    (
        "template",
        TEMPLATE,
        {"template": {"language": "en"}},
        "template.name is required",
        "template.name",
    ),
    (
        "template",
        TEMPLATE,
        {"template": {"name": "x"}},
        "template.language is required",
        "template.language",
    ),
    (
        "template",
        TEMPLATE,
        {"bodyTextParameters": "x"},
        "bodyTextParameters must be an array of strings",
        "bodyTextParameters",
    ),
    (
        "template",
        TEMPLATE,
        {"headerMediaUrl": "x"},
        "headerMediaUrl must be a valid URL",
        "headerMediaUrl",
    ),
    (
        "template",
        TEMPLATE,
        {"locationParameters": {}},
        "locationParameters.latitude is invalid",
        "locationParameters.latitude",
    ),
    *(
        (kind, body, *row)
        for kind, body in (("text", TEXT), ("media", MEDIA), ("template", TEMPLATE))
        for row in MISTAKES
    ),
]


@pytest.mark.parametrize(("kind", "good", "given", "error", "field"), OF_KINDS)
def test_what_is_malformed_is_refused(desk, kind, good, given, error, field):
    assert desk.refusal("POST", SEND + kind, {**good, **given}) == (400, error, field)


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        ("template", {**TEMPLATE, "contact": {"id": "nobody"}}, "Contact not found"),
        ("text", {**TEXT, "contact": {"id": "cliMia0001"}}, "Contact not found"),
        (
            "template",
            {**TEMPLATE, "contact": None, "client": {"id": "nobody"}},
            "Client not found",
        ),
        ("text", TEXT, "No active session with this contact"),
        ("media", MEDIA, "No active session with this contact"),
        (
            "text",
            {"recepient": {"phoneNumber": "+12025550199"}, "location": MAIN, "textMessage": "x"},
            "No active session with this contact",
        ),
        (
            "template",
            {**TEMPLATE, "template": {"name": "none", "language": "en"}},
            "Template not found",
        ),
        (
            "template",
            {**TEMPLATE, "template": {"name": "plain_hello", "language": "de"}},
            "Template not found",
        ),
        (
            "template",
            {**TEMPLATE, "template": {"name": "summer_draft", "language": "en"}},
            "Template is not approved",
        ),
        (
            "template",
            {**TEMPLATE, "bodyTextParameters": ["x"]},
            "(#132000) Number of parameters does not match the expected number of params",
        ),
        (
            "template",
            {**TEMPLATE, "template": {"name": "store_visit", "language": "en"}},
            "(#132012) Parameter format does not match format in the created template",
        ),
        ("template", {**TEMPLATE, "location": WEST}, "WhatsApp channel is not connected"),
        ("text", {**TEXT, "location": WEST}, "WhatsApp channel is not connected"),
        (
            "template",
            {"client": {"id": "cliOna0003"}, "location": MAIN, "template": HELLO},
            "Recipient has no phone number",
        ),
        (
            "template",
            {**TEMPLATE, "contact": {"id": "conFay0004"}},
            "(#131026) Message undeliverable",
        ),
        ("template", to_template("+12029990101"), "(#131026) Message undeliverable"),
    ],
)
def test_what_cannot_be_delivered_is_said_with_200(desk, kind, body, error):
    desk.subscribe("outgoing_whatsapp_message", "contact_created")

    assert desk.post(SEND + kind, body) == failed(error)

    desk.advance()
    assert desk.callbacks == []
    assert len(desk.get("/contacts")) == 8
    assert all(desk.get(f"/messages/{contact['id']}") == [] for contact in desk.get("/contacts"))


def test_testers_see_refusals(desk):
    desk.post(f"{SEND}template", to_template("+12029990101"))

    [message] = desk.messages()
    assert (message["status"], message["outcome"], message["to"]) == (
        "failed",
        "rejected",
        "+12029990101",
    )


def test_a_person_who_wrote_can_be_written_to_for_a_day(desk):
    desk.inbound("+12025550110")
    desk.advance(86400)
    sent(desk, f"{SEND}text", TEXT)
    sent(desk, f"{SEND}media", MEDIA)
    desk.advance(0.001)

    assert desk.post(f"{SEND}text", TEXT) == failed("No active session with this contact")
    sent(desk, f"{SEND}template", TEMPLATE)


def test_sessions_can_be_set(desk):
    contact = {"id": "conAda0001", "lastInboundAt": "2026-05-06T09:00:00Z"}
    desk.load(contacts=[contact])
    sent(desk, f"{SEND}text", TEXT)
    recepient = {"recepient": {"phoneNumber": "12025550110"}, "location": MAIN}
    sent(desk, f"{SEND}text", {**recepient, "textMessage": "x"})
    desk.load(contacts=[{**contact, "lastInboundAt": None}])

    assert desk.post(f"{SEND}text", TEXT)["status"] == "failed"


@pytest.mark.parametrize(
    ("mime", "type"),
    [
        ("image/jpeg", "image"),
        ("video/mp4", "video"),
        ("audio/ogg; codecs=opus", "audio"),
        ("application/pdf", "document"),
        ("IMAGE/PNG", "image"),
    ],
)
def test_kinds_of_media(desk, mime, type):
    desk.inbound("+12025550110")
    sent(desk, f"{SEND}media", {**MEDIA, "mimeType": mime})

    message = desk.get("/messages/conAda0001")[0]
    assert (message["type"], message["mediaUrl"]) == (type, MEDIA["mediaUrl"])
    assert "text" not in message


def test_numbers_nobody_knows_become_contacts(desk):
    desk.subscribe("contact_created", "outgoing_whatsapp_message")
    for body in (
        to_template(),
        to_template("1 202 555 0199"),
        to_template("+12025550198", recepient={"phoneNumber": "+12025550198"}),
    ):
        sent(desk, f"{SEND}template", body)
    desk.advance()

    made = [(contact["name"], contact["phoneNumber"]) for contact in desk.get("/contacts")[:2]]
    assert sorted(made) == [("+12025550198", "+12025550198"), ("Zoe", "+12025550199")]
    assert desk.events == [
        "contact_created",
        "outgoing_whatsapp_message",
        "outgoing_whatsapp_message",
        "contact_created",
        "outgoing_whatsapp_message",
    ]
    zoe = next(contact for contact in desk.get("/contacts") if contact["name"] == "Zoe")
    assert len(desk.get(f"/messages/{zoe['id']}")) == 2


def test_new_contacts_are_called_by_their_names(desk):
    desk.subscribe("outgoing_whatsapp_message")
    body = {**to_template(), **OFFER}
    sent(desk, f"{SEND}template", body)

    [message] = desk.messages()
    assert message["text"] == "Hi Zoe, our spring offer gives you 5% off."
    desk.advance()
    assert desk.callbacks[0]["message"]["text"] == message["text"]


def test_clients_are_written_to_as_contacts(desk):
    body = {"client": {"id": "cliMia0001"}, "location": MAIN, **OFFER}
    body["bodyTextParameters"] = ["{{client.fullName}}", "9%"]
    sent(desk, f"{SEND}template", body)

    mia = desk.get("/contacts")[0]
    assert (mia["name"], mia["phoneNumber"]) == ("Mia Cole", "+12025550120")
    assert "Hi Mia Cole" in desk.get(f"/messages/{mia['id']}")[0]["text"]


def test_what_is_scheduled_waits(desk):
    desk.subscribe("outgoing_whatsapp_message")
    answer = desk.post(f"{SEND}template", {**TEMPLATE, "scheduleDateTime": LATER})
    assert (answer["status"], answer["error"]) == ("scheduled", "")
    assert desk.get("/messages/conAda0001") == []
    assert desk.messages()[0]["status"] == "scheduled"

    desk.advance(3600.999)
    assert desk.get("/messages/conAda0001") == []
    desk.advance(0.001)

    [message] = desk.get("/messages/conAda0001")
    assert (message["id"], message["timestamp"]) == (answer["id"], "2026-05-06T11:00:01.000Z")
    desk.advance()
    assert desk.events == ["outgoing_whatsapp_message"]
    assert desk.get("/messages/conAda0001")[0]["status"] == "read"


@pytest.mark.parametrize("moment", [NOW, "2026-05-06T09:00:00Z", "2020-01-01T00:00:00"])
def test_what_was_due_earlier_goes_at_once(desk, moment):
    sent(desk, f"{SEND}template", {**TEMPLATE, "scheduleDateTime": moment})


def test_what_is_scheduled_is_looked_at_when_it_is_due(desk):
    late = {"scheduleDateTime": LATER}
    bad = {"name": "summer_draft", "language": "en"}
    desk.subscribe("outgoing_whatsapp_message")
    answers = [
        desk.post(f"{SEND}text", {**TEXT, **late}),
        desk.post(f"{SEND}template", {**TEMPLATE, **late, "template": bad}),
        desk.post(f"{SEND}template", {**TEMPLATE, **late, "contact": {"id": "conFay0004"}}),
    ]
    assert {answer["status"] for answer in answers} == {"scheduled"}
    desk.advance()

    errors = [
        message["errorMessage"]
        for contact in ("conAda0001", "conFay0004")
        for message in desk.get(f"/messages/{contact}")
        if message["status"] == "failed"
    ]
    assert sorted(errors) == [
        "(#131026) Message undeliverable",
        "No active session with this contact",
        "Template is not approved",
    ]
    assert desk.callbacks == []


def test_what_waited_is_worded_when_it_goes(desk):
    order = {"template": {"name": "order_update", "language": "en_US"}, "scheduleDateTime": LATER}
    mia = {"client": {"id": "cliMia0001"}, "location": MAIN, **order}
    new = {"recepient": {"phoneNumber": "+12025550199", "name": "Zoe"}, "location": MAIN, **order}
    for body, name in (({**ADA, **order}, "contact.name"), (mia, "client.fullName")):
        values = {"headerTextParameters": ["x"], "bodyTextParameters": [f"{{{{{name}}}}}"]}
        desk.post(f"{SEND}template", {**body, **values})
    values = {"headerTextParameters": ["{{contact.name}}"], "bodyTextParameters": ["7"]}
    desk.post(f"{SEND}template", {**new, **values})
    unknown = {**ADA, "template": {"name": "later", "language": "en"}, "scheduleDateTime": LATER}
    desk.post(f"{SEND}template", unknown)

    desk.put("/contacts/conAda0001", {"name": "Ada Lovelace"})
    desk.put("/clients/cliMia0001", {"fullName": "Mia Cole-Hart"})
    desk.load(templates=[{"name": "later", "language": "en", "body": {"text": "Here we are."}}])
    desk.advance()

    shown = [(message["text"], message["native"].get("headerText")) for message in desk.messages()]
    assert shown == [
        ("Your order Ada Lovelace is on its way.", "x"),
        ("Your order Mia Cole-Hart is on its way.", "x"),
        ("Your order 7 is on its way.", "Zoe"),
        ("Here we are.", None),
    ]


def test_what_waited_for_a_template_that_is_gone_keeps_its_words(desk):
    desk.post(f"{SEND}template", {**TEMPLATE, "scheduleDateTime": LATER})
    desk.load(templates=[{**HELLO, "status": "DELETED"}])
    desk.advance()

    [message] = desk.get("/messages/conAda0001")
    assert (message["status"], message["errorMessage"]) == ("failed", "Template not found")
    assert message["text"] == "Hello from Harbour Studio."


def test_who_pushes_what_waits_leaves_nothing_to_wait_for(desk):
    answer = desk.post(f"{SEND}template", {**TEMPLATE, "scheduleDateTime": LATER})
    desk.control("POST", f"/messages/{answer['id']}/status", {"status": "read"})

    assert desk.control("GET", "/clock")["pending"] == 0
    ledger = desk.advance()
    assert (ledger.events, ledger.end) == (0, ledger.start)
    [message] = desk.get("/messages/conAda0001")
    assert (message["status"], message["timestamp"]) == ("read", NOW)


def test_an_unknown_contact_cannot_wait(desk):
    body = {**TEMPLATE, "contact": {"id": "nobody"}, "scheduleDateTime": LATER}

    assert desk.post(f"{SEND}template", body) == failed("Contact not found")


def test_a_text_that_waits_needs_a_session_only_then(desk):
    desk.post(f"{SEND}text", {**TEXT, "scheduleDateTime": LATER})
    desk.inbound("+12025550110")
    desk.advance()

    assert desk.get("/messages/conAda0001")[0]["status"] == "read"


@pytest.mark.parametrize(
    ("outcome", "status", "error"),
    [
        ("delivered", "delivered", None),
        ("read", "read", None),
        ("replied", "read", None),
        ("stuck", "sent", None),
        ("flaky", "read", None),
        (
            "undelivered",
            "failed",
            "(#131049) This message was not delivered to maintain healthy ecosystem engagement.",
        ),
    ],
)
def test_outcomes(desk, outcome, status, error):
    desk.rule(outcome)
    sent(desk, f"{SEND}template", TEMPLATE)
    desk.advance()

    message = desk.get("/messages/conAda0001")[-1]
    assert (message["status"], message.get("errorMessage")) == (status, error)


def test_what_is_pending_never_leaves(desk):
    desk.subscribe("outgoing_whatsapp_message")
    desk.rule("pending")
    sent(desk, f"{SEND}template", TEMPLATE)
    desk.advance()

    assert desk.get("/messages/conAda0001") == desk.callbacks == []
    assert [message["status"] for message in desk.messages()] == ["pending"]


def test_a_rule_may_hold_a_message_back(desk):
    desk.rule("read", delays={"sent": 60})
    sent(desk, f"{SEND}template", TEMPLATE)
    assert desk.get("/messages/conAda0001") == []

    desk.advance()

    assert desk.get("/messages/conAda0001")[0]["timestamp"] == "2026-05-06T10:01:00.000Z"


def test_answers_come_of_themselves(desk):
    sent(desk, f"{SEND}template", {**TEMPLATE, "contact": {"id": "conIvy0006"}})
    desk.advance()

    answer, message = desk.get("/messages/conIvy0006")
    assert (answer["text"], answer["from"], answer["status"]) == ("Yes", "Ivy Lane", "received")
    assert answer["timestamp"] == "2026-05-06T10:00:15.000Z"
    assert message["status"] == "read"


@pytest.mark.parametrize("channel", ["messenger", "instagram", "telegram"])
def test_other_channels(desk, channel):
    handles = {"messengerId": "m-1", "instagramId": "i-1", "telegramChatId": "t-1"}
    desk.load(contacts=[{"id": "conAda0001", **handles}])
    desk.subscribe(f"outgoing_{channel}_message")
    sent(desk, f"/messages/{channel}/sendtext", TEXT)
    sent(desk, f"/messages/{channel}/sendmedia", MEDIA)

    media, text = desk.get("/messages/conAda0001")
    assert (media["type"], text["text"], text["channel"]) == ("image", "Hello", channel)
    assert text["contact"] == {
        "id": "conAda0001",
        "channel": channel,
        "phoneNumber": f"{channel[0]}-1",
    }
    desk.advance()
    assert desk.events == [f"outgoing_{channel}_message"] * 2


def test_nobody_answers_over_other_channels(desk):
    desk.rule("replied")
    id = sent(desk, "/messages/telegram/sendtext", TEXT)

    desk.advance()

    assert [message["id"] for message in desk.messages()] == [id]


def test_templates_of_other_channels(desk):
    elements = {**ADA, "elements": [{"title": "One", "subtitle": "x"}, {"title": "Two"}]}
    buttons = {**ADA, "textMessage": "Choose", "buttons": [{"text": "A"}, {"text": "B"}]}
    sent(desk, "/messages/messenger/sendtemplate", elements)
    sent(desk, "/messages/instagram/sendtemplate", elements)
    sent(desk, "/messages/telegram/sendtemplate", buttons)

    shown = [
        (message["channel"], message.get("text"), message["options"])
        for message in desk.get("/messages/conAda0001")
    ]
    assert sorted(shown) == [
        ("instagram", None, ["One", "Two"]),
        ("messenger", None, ["One", "Two"]),
        ("telegram", "Choose", ["A", "B"]),
    ]
    for path, body, error in (
        ("messenger", ADA, "elements is required"),
        ("instagram", {**ADA, "elements": "x"}, "elements must be an array of objects"),
        ("telegram", ADA, "textMessage is required"),
        ("telegram", {**buttons, "buttons": None}, "buttons is required"),
        ("messenger", {**elements, "elements": []}, "elements is required"),
        ("telegram", {**buttons, "buttons": []}, "buttons is required"),
    ):
        assert desk.refusal("POST", f"/messages/{path}/sendtemplate", body)[1] == error


def test_the_evidence_of_channels_differs(desk):
    levels = [
        desk.call("POST", f"/messages/{channel}/sendtext", TEXT).headers["X-Emulator-Evidence"]
        for channel in ALL_CHANNELS
    ]
    assert levels == ["assumed", "observed", "observed", "observed"]


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("", "dcba"),
        ("limit=2", "dc"),
        ("limit=2&page=2", "ba"),
        ("startDate=2026-05-08", "dc"),
        ("endDate=2026-05-08", "cba"),
        ("startDate=2026-05-07T10:00:00Z&endDate=2026-05-07T10:00:00Z", "b"),
    ],
)
def test_histories(desk, query, texts):
    for text in "abcd":
        desk.inbound("+12025550110", text)
        desk.advance(86400)

    found = desk.get(f"/messages/conAda0001?{query}")
    assert "".join(message["text"] for message in found) == texts


def test_a_template_may_be_refused_on_request(desk):
    fault = {"provider": "whautomate", "times": 1, "fault": {"error": "template_rejected"}}
    desk.control("POST", "/faults", fault)
    desk.inbound("+12025550110")

    # Who comes to grief before, or is only looked at later, does not meet it.
    nobody = {**TEMPLATE, "contact": {"id": "nobody"}}
    assert desk.post(f"{SEND}template", nobody) == failed("Contact not found")
    sent(desk, f"{SEND}text", TEXT)
    later = {**TEMPLATE, "scheduleDateTime": LATER}
    assert desk.post(f"{SEND}template", later)["status"] == "scheduled"
    assert desk.post(f"{SEND}template", TEMPLATE) == failed("Template is not approved")
    sent(desk, f"{SEND}template", TEMPLATE)
