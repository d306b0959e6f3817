"""Broadcasts under way: audience, moments, counters, logs, receipts, answers, cancelling."""

import pytest

from tests.providers.whautomate.desk import HELLO, KEY_B, MAIN, hello, stats

ALL = [{"id": "segAllCon1"}]
CLIENTS = {"type": "client", "segments": [{"id": "segAllCli3"}]}
UNDELIVERABLE = "(#131026) Message undeliverable"
LATE = "(#131049) This message was not delivered to maintain healthy ecosystem engagement."
OFFER = {
    "template": {"name": "spring_offer", "language": "en"},
    "headerMediaUrl": "https://cdn.example.test/banner.jpg",
    "bodyTextParameters": ["there", "20%"],
    "buttonUrlParameters": ["spring-26"],
}


def test_a_broadcast_runs_through_its_states(desk):
    id = desk.broadcast()
    path = f"/broadcasts/{id}"

    desk.advance(0.999)
    assert (desk.get(path)["status"], desk.logs(id)) == ("scheduled", [])
    desk.advance(0.001)
    started = desk.get(path)
    assert (started["status"], started["startedAt"]) == ("in_progress", "2026-05-06T10:00:01.000Z")
    assert stats(started) == (4, 1, 0, 1, 0, 0, 0, 0)
    assert "completedAt" not in started
    desk.advance(0.15)
    completed = desk.get(path)
    assert completed["status"] == "completed"
    assert completed["completedAt"] == "2026-05-06T10:00:01.150Z"
    assert stats(completed) == (4, 3, 1, 3, 0, 0, 1, 0)
    desk.advance()
    finished = desk.get(path)
    assert stats(finished) == (4, 3, 1, 3, 3, 3, 1, 1)
    assert {**finished, "deliveryStats": 0} == {**completed, "deliveryStats": 0}


def test_logs_say_who_got_what(desk):
    id = desk.run(**OFFER)["id"]

    logs = desk.logs(id)

    of = {"id": id, "name": "Hello VIPs"}
    assert logs[2] == {
        "broadcast": of,
        "recepientName": "Fay Reed",
        "countryCode": "+1",
        "phone": "2025550101",
        "status": "failed",
        "reply": "",
        "error": UNDELIVERABLE,
        "createdAt": "2026-05-06T10:00:01.100Z",
        "updatedAt": "2026-05-06T10:00:01.100Z",
    }
    assert logs[3] == {
        "broadcast": of,
        "recepientName": "Ivy Lane",
        "countryCode": "+1",
        "phone": "2025550104",
        "status": "replied",
        "reply": "Yes",
        "error": "",
        "createdAt": "2026-05-06T10:00:01.150Z",
        "updatedAt": "2026-05-06T10:00:16.150Z",
    }
    assert [list(log) for log in logs] == [
        [
            "broadcast", "recepientName", "countryCode", "phone", "status", "reply", "error",
            "createdAt", "updatedAt",
        ]
    ] * 4  # fmt: skip


def test_logs_are_paged_oldest_first_and_stay_where_they_are(desk):
    id = desk.broadcast(segments=ALL)
    desk.advance(1.1)
    early = desk.logs(id)
    desk.advance()

    names = [log["recepientName"] for log in desk.logs(id)]
    assert [log["recepientName"] for log in early] == names[:3] == [
        "Ada Byron", "Bob Stone", "Cho Park",
    ]  # fmt: skip
    assert [log["recepientName"] for log in desk.logs(id, "?limit=3&page=2")] == names[3:6]
    assert desk.logs(id, "?status=failed&limit=1&page=9") == []


def test_numbers_are_split_at_the_calling_code(desk):
    id = desk.run(segments=ALL)["id"]

    cho = desk.logs(id)[2]
    assert (cho["countryCode"], cho["phone"]) == ("+44", "7700900112")


def test_clients_are_logged_as_stored(desk):
    broadcast = desk.run(**CLIENTS)

    rows = [
        (log["recepientName"], log["countryCode"], log["phone"], log["status"], log["error"])
        for log in desk.logs(broadcast["id"])
    ]
    assert rows == [
        ("Mia Cole", "+1", "2025550120", "read", ""),
        ("Ned Frost", "+44", "7700900121", "read", ""),
        ("Ona Blake", "", "", "failed", "Recipient has no phone number"),
    ]
    assert stats(broadcast) == (3, 2, 1, 2, 2, 2, 1, 0)


@pytest.mark.parametrize(
    ("ending", "log", "counters"),
    [
        ("0101", ("failed", "", UNDELIVERABLE), (1, 0, 1, 0, 0, 0, 1, 0)),
        ("0102", ("sent", "", ""), (1, 1, 0, 1, 0, 0, 0, 0)),
        ("0103", ("delivered", "", ""), (1, 1, 0, 1, 1, 0, 0, 0)),
        ("0104", ("replied", "Yes", ""), (1, 1, 0, 1, 1, 1, 0, 1)),
        ("0105", ("replied", "STOP", ""), (1, 1, 0, 1, 1, 1, 0, 1)),
        ("0106", ("failed", "", LATE), (1, 1, 0, 1, 0, 0, 1, 0)),
        ("0107", ("read", "", ""), (1, 1, 0, 1, 1, 1, 0, 0)),
    ],
)
def test_the_last_four_digits_decide(desk, ending, log, counters):
    one(desk, f"+1202999{ending}")

    broadcast = desk.run(segments=[{"id": "segOne"}])

    [found] = desk.logs(broadcast["id"])
    assert (found["status"], found["reply"], found["error"]) == log
    assert stats(broadcast) == counters
    assert broadcast["status"] == ("failed" if ending == "0101" else "completed")


def one(desk, number="+12027770001", **contact):
    """Let the segment ``segOne`` have one member."""
    desk.load(
        contacts=[
            {"id": "conOne", "name": "One", "phoneNumber": number, "location": "locMain001",
             "tags": ["One"], **contact}
        ],
        segments=[{"id": "segOne", "name": "One", "type": "contact", "criteria": {"tags": ["One"]}}],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "status", "error", "counters"),
    [
        ("delivered", "delivered", "", (1, 1, 0, 1, 1, 0, 0, 0)),
        ("read", "read", "", (1, 1, 0, 1, 1, 1, 0, 0)),
        ("replied", "replied", "", (1, 1, 0, 1, 1, 1, 0, 1)),
        ("rejected", "failed", UNDELIVERABLE, (1, 0, 1, 0, 0, 0, 1, 0)),
        ("undelivered", "failed", LATE, (1, 1, 0, 1, 0, 0, 1, 0)),
        ("stuck", "sent", "", (1, 1, 0, 1, 0, 0, 0, 0)),
        ("flaky", "read", "", (1, 1, 0, 1, 1, 1, 0, 0)),
        ("bounced_permanent", "failed", LATE, (1, 1, 0, 1, 0, 0, 1, 0)),
        ("bounced_transient", "failed", LATE, (1, 1, 0, 1, 0, 0, 1, 0)),
    ],
)
def test_outcomes_of_rules(desk, outcome, status, error, counters):
    one(desk)
    desk.rule(outcome)

    broadcast = desk.run(segments=[{"id": "segOne"}])

    [log] = desk.logs(broadcast["id"])
    assert (log["status"], log["error"]) == (status, error)
    assert stats(broadcast) == counters


def test_who_is_pending_keeps_the_broadcast_open(desk):
    desk.rule("pending", to="+12025550111")
    id = desk.broadcast()
    assert desk.advance().reason == "idle"

    assert desk.statuses(id) == [
        ("Ada Byron", "read"),
        ("Fay Reed", "failed"),
        ("Ivy Lane", "replied"),
    ]
    broadcast = desk.get(f"/broadcasts/{id}")
    assert (broadcast["status"], stats(broadcast)) == ("in_progress", (4, 2, 1, 2, 2, 2, 1, 1))
    assert "completedAt" not in broadcast

    [waiting] = desk.messages("to=12025550111")
    assert waiting["status"] == "pending"
    desk.control("POST", f"/messages/{waiting['id']}/status", {"status": "delivered"})
    assert desk.get(f"/broadcasts/{id}")["status"] == "completed"
    assert stats(desk.get(f"/broadcasts/{id}")) == (4, 3, 1, 3, 3, 2, 1, 1)


def test_shares_are_exact_within_a_broadcast(desk):
    desk.rule("rejected", share=0.5)

    assert stats(desk.run(segments=ALL))[2] in (4, 5)
    desk.control("PUT", "/outcomes", {"rules": [
        {"provider": "whautomate", "share": 0.25, "outcome": "stuck"}]})  # fmt: skip
    assert stats(desk.run(segments=ALL)) == (8, 8, 0, 8, 6, 6, 0, 0)


def test_rules_may_name_a_broadcast_a_template_and_delays(desk):
    one(desk)
    id = desk.broadcast(segments=[{"id": "segOne"}])
    delays = {"sent": 10, "delivered": 20, "read": 30, "reply": 40}
    desk.rule("replied", broadcast=id, template="plain_hello", delays=delays, reply={"text": "Ok"})

    desk.advance()

    [message] = desk.messages(f"broadcast={id}&direction=out")
    assert [(step["status"], step["at"][14:]) for step in message["history"]] == [
        ("pending", "00:01Z"), ("sent", "00:11Z"), ("delivered", "00:31Z"), ("read", "01:01Z"),
        ("replied", "01:41Z"),
    ]  # fmt: skip


def test_rules_may_name_errors(desk):
    one(desk)
    desk.rule("rejected", error={"code": "131056", "message": ""})
    first = desk.run(segments=[{"id": "segOne"}])["id"]
    desk.rule("undelivered", error={"code": "9", "message": "No"})
    second = desk.run(segments=[{"id": "segOne"}])["id"]
    desk.rule("rejected", error={"code": "OWN", "message": "In my words"})
    third = desk.run(segments=[{"id": "segOne"}])["id"]

    assert [desk.logs(id)[0]["error"] for id in (first, second, third)] == [
        "(#131056) (Business Account, Consumer Account) pair rate limit hit",
        "(#9) No",
        "In my words",
    ]


def test_delays_are_those_of_the_specification(desk):
    id = desk.broadcast()
    desk.advance()
    [ivy] = desk.messages("to=12025550104&direction=out")

    assert [(step["status"], step["at"][17:-1]) for step in ivy["history"]] == [
        ("pending", "01"), ("sent", "01.150000"), ("delivered", "03.150000"),
        ("read", "11.150000"), ("replied", "16.150000"),
    ]  # fmt: skip
    assert ivy["broadcast"] == id


def test_a_late_failure_comes_after_three_seconds(desk):
    one(desk, "+12029990106")
    id = desk.run(segments=[{"id": "segOne"}])["id"]

    [log] = desk.logs(id)
    assert (log["createdAt"][17:], log["updatedAt"][17:]) == ("01.000Z", "04.000Z")


def test_pickup_and_pauses_can_be_set(desk):
    desk.set(pickup="10s", between_recipients="2s")
    broadcast = desk.run()

    assert broadcast["startedAt"][17:] == "10.000Z"
    assert broadcast["completedAt"][17:] == "16.000Z"


def test_without_pauses_all_go_at_once(desk):
    desk.set(pickup=0, between_recipients=0)
    broadcast = desk.run(segments=ALL)

    assert broadcast["startedAt"] == broadcast["completedAt"] == "2026-05-06T10:00:00.000Z"
    assert [log["recepientName"] for log in desk.logs(broadcast["id"])][:2] == [
        "Ada Byron",
        "Bob Stone",
    ]


def test_instant_latency_finishes_before_the_answer_is_read(desk):
    desk.control("PATCH", "/settings", {"latency": "instant"})

    answer = desk.post("/broadcasts", hello())

    assert answer["status"] == "scheduled"
    broadcast = desk.get(f"/broadcasts/{answer['id']}")
    assert (broadcast["status"], stats(broadcast)) == ("completed", (4, 3, 1, 3, 3, 3, 1, 1))
    assert broadcast["startedAt"] == broadcast["completedAt"]


def test_an_empty_audience_completes_at_once(desk):
    desk.load(
        segments=[{"id": "segNone", "name": "N", "type": "contact", "criteria": {"tags": ["x"]}}]
    )

    broadcast = desk.run(segments=[{"id": "segNone"}])

    assert (broadcast["status"], stats(broadcast)) == ("completed", (0,) * 8)
    assert broadcast["startedAt"] == broadcast["completedAt"]


def test_the_audience_is_settled_when_the_broadcast_starts(desk):
    id = desk.broadcast(scheduleDateTime="2026-05-06T11:00:00Z", segments=ALL)
    new = {"name": "New", "phoneNumber": "+12025550777", "location": MAIN}
    desk.post("/contacts", new)
    desk.delete("/contacts/conAda0001")
    desk.advance(3601)
    desk.post("/contacts", {**new, "phoneNumber": "+12025550778"})
    desk.advance()

    names = [name for name, _ in desk.statuses(id)]
    assert len(names) == 8
    assert (names[0], names[-1]) == ("Bob Stone", "New")


def test_segments_join_and_nobody_gets_it_twice(desk):
    both = [{"id": "segAllCon1"}, {"id": "segVipCon2"}]
    desk.load(contacts=[{"id": "conTwin", "name": "Twin", "phoneNumber": "+12025550110",
                         "location": "locWest002"}])  # fmt: skip

    names = [name for name, _ in desk.statuses(desk.run(segments=both)["id"])]

    assert len(names) == len(set(names)) == 8
    assert "Twin" not in names


def test_clients_with_one_number_count_once_and_those_without_each(desk):
    desk.load(
        clients=[
            {"id": f"cli{at}", "fullName": f"C{at}", "primaryLocation": "locMain001", **number}
            for at, number in enumerate(
                [{"countryCode": "1", "phone": "(202) 555-0120"}, {}, {"countryCode": "+1"}]
            )
        ]
    )

    names = [name for name, _ in desk.statuses(desk.run(**CLIENTS)["id"])]
    assert names == ["Mia Cole", "Ned Frost", "Ona Blake", "C1", "C2"]


def test_people_who_opted_out_are_not_left_out_by_themselves(desk):
    assert "Jon Marsh" in dict(desk.statuses(desk.run(segments=ALL)["id"]))


@pytest.mark.parametrize(
    ("status", "names"),
    [
        (None, ["Mia Cole", "Ned Frost"]),
        ("ALL", ["Mia Cole", "Ned Frost"]),
        ("BOOKED", ["Mia Cole"]),
        ("WAITLISTED", ["Ned Frost"]),
        ("VISITED", []),
        ("NO_SHOW", []),
        ("CANCELLED", []),
        ("RESCHEDULED", []),
    ],
)
def test_participants_of_a_class(desk, status, names):
    target = {"targetClass": {"id": "clsYoga001"}, "targetClassStatus": status}

    broadcast = desk.run(type="client", segments=..., **target)

    assert [name for name, _ in desk.statuses(broadcast["id"])] == names


@pytest.mark.parametrize(
    ("engagement", "names"),
    [
        (None, ["Ada Byron", "Bob Stone", "Ivy Lane", "Gus Hart", "Late", "Stuck"]),
        ("sent", ["Ada Byron", "Bob Stone", "Ivy Lane", "Gus Hart", "Late", "Stuck"]),
        ("delivered", ["Ada Byron", "Bob Stone", "Ivy Lane", "Gus Hart"]),
        ("read", ["Ada Byron", "Bob Stone", "Ivy Lane"]),
        ("failed", ["Fay Reed", "Late"]),
        ("replied", ["Ivy Lane"]),
    ],
)
def test_retargeting(desk, engagement, names):
    desk.load(
        contacts=[
            {"id": "conGus0005", "tags": ["VIP"]},
            *(
                {"id": f"con{name}", "name": name, "phoneNumber": f"+1202888{ending}",
                 "location": "locMain001", "tags": ["VIP"]}
                for name, ending in (("Late", "0106"), ("Stuck", "0102"))
            ),
        ]
    )  # fmt: skip
    first = desk.run()
    wanted = {"id": first["id"]}

    second = desk.run(retargetBroadcast=wanted, retargetEngagementType=engagement)

    assert sorted(name for name, _ in desk.statuses(second["id"])) == sorted(names)
    assert second["processedStats"]["totalCount"] == len(names)
    counter = f"{engagement or 'sent'}Count"
    assert first["deliveryStats"][counter] == len(names)
    assert stats(desk.get(f"/broadcasts/{first['id']}")) == stats(first)


def test_deleted_people_drop_out_of_retargeting_and_a_deleted_broadcast_has_none(desk):
    first = desk.run()["id"]
    desk.delete("/contacts/conAda0001")
    second = desk.run(retargetBroadcast={"id": first})
    assert [name for name, _ in desk.statuses(second["id"])] == ["Bob Stone", "Ivy Lane"]

    third = desk.broadcast(retargetBroadcast={"id": first}, scheduleDateTime="2026-05-06T12:00:00Z")
    desk.delete(f"/broadcasts/{first}")
    desk.advance()
    assert stats(desk.get(f"/broadcasts/{third}")) == (0,) * 8
    assert desk.get(f"/broadcasts/{third}")["status"] == "completed"


def test_of_several_sources_the_most_special_counts(desk):
    first = desk.run(**CLIENTS)["id"]
    target = {"targetClass": {"id": "clsYoga001"}, "targetClassStatus": "BOOKED"}

    second = desk.run(**CLIENTS, **target)
    third = desk.run(
        **CLIENTS, **target, retargetBroadcast={"id": first}, retargetEngagementType="failed"
    )

    assert [name for name, _ in desk.statuses(second["id"])] == ["Mia Cole"]
    assert [name for name, _ in desk.statuses(third["id"])] == ["Ona Blake"]
    assert third["segments"] == CLIENTS["segments"]
    assert third["targetClass"] == target["targetClass"]


def test_a_deleted_segment_contributes_nobody(desk):
    both = [{"id": "segAllCon1"}, {"id": "segVipCon2"}]
    id = desk.broadcast(segments=both, scheduleDateTime="2026-05-06T12:00:00Z")
    desk.delete("/segments/segAllCon1")
    desk.advance()

    assert stats(desk.get(f"/broadcasts/{id}"))[0] == 4


def test_references_that_were_not_checked_lead_to_nobody(desk):
    desk.set(reference_checks=False)
    unknown = {"id": "unknown001"}

    assert stats(desk.run(segments=[unknown, {"id": "segAllCli3"}])) == (0,) * 8
    assert stats(desk.run(retargetBroadcast=unknown))[0] == 0
    assert stats(desk.run(type="client", segments=..., targetClass=unknown))[0] == 0
    assert stats(desk.run(location=unknown)) == (4, 0, 4, 0, 0, 0, 4, 0)


PARAMS = "(#132000) Number of parameters does not match the expected number of params"
FORMAT = "(#132012) Parameter format does not match format in the created template"
VISIT = {"name": "store_visit", "language": "en"}
ORDER = {"name": "order_update", "language": "en_US"}
PLACE = {"latitude": 1.5, "longitude": 2, "address": "A", "name": "N"}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (OFFER, ""),
        ({**OFFER, "bodyTextParameters": ["x"]}, PARAMS),
        ({**OFFER, "bodyTextParameters": ["x", "y", "z"]}, PARAMS),
        ({**OFFER, "buttonUrlParameters": []}, PARAMS),
        ({**OFFER, "headerTextParameters": ["x"]}, PARAMS),
        ({**OFFER, "headerMediaUrl": None}, FORMAT),
        ({"template": ORDER, "headerTextParameters": ["7"], "bodyTextParameters": ["7"]}, ""),
        ({"template": ORDER, "bodyTextParameters": ["7"]}, PARAMS),
        ({"template": VISIT, "locationParameters": PLACE}, ""),
        ({"template": VISIT}, FORMAT),
        ({"template": {"name": "book_flow", "language": "en"}}, ""),
        ({"location": {"id": "locWest002"}}, "WhatsApp channel is not connected"),
        (
            {"location": {"id": "locWest002"}, "template": VISIT},
            "WhatsApp channel is not connected",
        ),
    ],
)
def test_what_is_wrong_shows_when_it_is_sent(desk, given, error):
    one(desk)

    broadcast = desk.run(segments=[{"id": "segOne"}], **given)

    [log] = desk.logs(broadcast["id"])
    assert (log["status"], log["error"]) == ("failed" if error else "read", error)
    assert broadcast["status"] == ("failed" if error else "completed")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("DELETED", "(#132001) Template name does not exist in the translation"),
        ("PAUSED", "(#132015) Template is paused"),
        ("REJECTED", "(#132015) Template is paused"),
        ("PENDING", "(#132015) Template is paused"),
    ],
)
def test_templates_may_change_before_they_are_sent(desk, status, error):
    one(desk)
    id = desk.broadcast(segments=[{"id": "segOne"}])
    desk.load(templates=[{**HELLO, "status": status}])

    desk.advance()

    assert [log["error"] for log in desk.logs(id)] == [error]


def test_the_first_reason_is_told(desk):
    """No number before no channel before no template before a refusal of the number."""
    desk.load(clients=[{"id": "cliBad", "fullName": "Bad", "countryCode": "+1",
                        "phone": "2029990101", "primaryLocation": "locMain001"}])  # fmt: skip
    first = desk.broadcast(**CLIENTS)
    second = desk.broadcast(**CLIENTS, location={"id": "locWest002"})
    desk.load(templates=[{**HELLO, "status": "PAUSED"}])
    desk.advance()

    assert [log["error"] for log in desk.logs(first)][2:] == [
        "Recipient has no phone number",
        "(#132015) Template is paused",
    ]
    assert [log["error"] for log in desk.logs(second)][2:] == [
        "Recipient has no phone number",
        "WhatsApp channel is not connected",
    ]


def test_values_may_name_the_person(desk):
    texts = {"bodyTextParameters": ["{{contact.name}} of {{ contact.location.title }}",
                                    "{{contact.customFields.plan}}{{contact.nothing}}{{client.name}}5%"]}  # fmt: skip
    desk.load(contacts=[{"id": "conAda0001", "customFields": {"plan": "gold "}}])
    broadcast = desk.run(**{**OFFER, **texts})

    assert desk.messages("to=12025550110")[0]["text"] == (
        "Hi Ada Byron of Main Office, our spring offer gives you gold 5% off."
    )
    assert desk.messages("to=12025550111")[0]["text"] == (
        "Hi Bob Stone of Main Office, our spring offer gives you 5% off."
    )
    assert broadcast["bodyTextParameters"] == texts["bodyTextParameters"]


def test_values_may_name_the_client(desk):
    offer = {**OFFER, "bodyTextParameters": ["{{client.fullName}}", "{{contact.name}}5%"]}
    desk.run(**CLIENTS, **offer)

    assert desk.messages("to=447700900121")[0]["text"] == (
        "Hi Ned Frost, our spring offer gives you 5% off."
    )


def test_a_broadcast_is_seen_in_histories(desk):
    desk.run(**OFFER)

    [message] = desk.get("/messages/conAda0001")
    assert message == {
        "id": message["id"],
        "contact": {"id": "conAda0001", "channel": "whatsapp", "phoneNumber": "12025550110"},
        "channel": "whatsApp",
        "isIncoming": False,
        "type": "template",
        "replyToMessage": {},
        "sentBy": "Broadcast",
        "timestamp": "2026-05-06T10:00:01.000Z",
        "status": "read",
        "mediaUrl": "https://cdn.example.test/banner.jpg",
        "text": "Hi there, our spring offer gives you 20% off.",
        "options": ["Shop now"],
        "createdAt": "2026-05-06T10:00:01.000Z",
        "updatedAt": "2026-05-06T10:00:11.000Z",
    }
    assert desk.get("/messages/conFay0004") == []
    incoming, outgoing = desk.get("/messages/conIvy0006")
    assert (incoming["text"], incoming["isIncoming"], outgoing["status"]) == ("Yes", True, "read")


def test_clients_get_it_as_contacts_of_the_location(desk):
    desk.subscribe("contact_created", "outgoing_whatsapp_message")
    desk.load(contacts=[{"id": "conMia", "name": "Mia", "phoneNumber": "+12025550120",
                         "location": "locMain001"}])  # fmt: skip
    desk.run(**CLIENTS)

    made = desk.get("/contacts")[0]
    assert (made["name"], made["phoneNumber"], made["stage"]) == (
        "Ned Frost", "+447700900121", "Subscriber",
    )  # fmt: skip
    assert made["location"]["id"] == "locMain001"
    assert desk.events == [
        "outgoing_whatsapp_message",
        "contact_created",
        "outgoing_whatsapp_message",
    ]
    assert [len(desk.get(f"/messages/{id}")) for id in ("conMia", made["id"])] == [1, 1]


def test_who_fails_is_told_to_nobody(desk):
    desk.subscribe("contact_created", "outgoing_whatsapp_message")
    desk.rule("rejected")
    desk.run(**CLIENTS)

    assert desk.callbacks == []
    assert len(desk.get("/contacts")) == 8


def test_deleting_keeps_histories_and_drops_what_was_to_come(desk):
    id = desk.broadcast()
    desk.advance(4)
    desk.delete(f"/broadcasts/{id}")
    assert desk.advance().events == 0

    [message] = desk.get("/messages/conIvy0006")
    assert message["status"] == "delivered"
    assert [m["broadcast"] for m in desk.messages()] == [None, None, None]


def test_deleted_contacts_stay_in_logs(desk):
    broadcast = desk.run()
    before = desk.logs(broadcast["id"])
    desk.delete("/contacts/conAda0001")

    assert desk.logs(broadcast["id"]) == before
    assert desk.get(f"/broadcasts/{broadcast['id']}") == broadcast


def test_who_is_deleted_while_a_broadcast_runs_gets_it_nevertheless(desk):
    id = desk.broadcast()
    desk.advance(1)
    desk.delete("/contacts/conIvy0006")
    desk.advance()

    assert desk.statuses(id)[3] == ("Ivy Lane", "replied")
    assert desk.get("/contacts")[0]["name"] == "Ivy Lane"


def test_cancelling_what_waits(desk):
    id = desk.broadcast()
    shown = desk.control("POST", f"/broadcasts/{id}/cancel")
    assert desk.advance().events == 0

    broadcast = desk.get(f"/broadcasts/{id}")
    assert shown["status"] == broadcast["status"] == "cancelled"
    assert stats(broadcast) == (0,) * 8
    assert not {"startedAt", "completedAt"} & set(broadcast)


def test_cancelling_what_is_under_way(desk):
    id = desk.broadcast()
    desk.advance(1.06)
    desk.control("POST", f"/broadcasts/{id}/cancel")
    cancelled = desk.get(f"/broadcasts/{id}")
    desk.advance()

    broadcast = desk.get(f"/broadcasts/{id}")
    assert broadcast["status"] == "cancelled"
    assert broadcast["completedAt"] == "2026-05-06T10:00:01.060Z"
    assert stats(cancelled) == (4, 2, 0, 2, 0, 0, 0, 0)
    assert stats(broadcast) == (4, 2, 0, 2, 2, 2, 0, 0)
    assert desk.statuses(id) == [("Ada Byron", "read"), ("Bob Stone", "read")]
    assert [m["status"] for m in desk.messages("direction=out")] == [
        "read", "read", "cancelled", "cancelled",
    ]  # fmt: skip
    desk.delete(f"/broadcasts/{id}")


@pytest.mark.parametrize("state", ["draft", "completed", "cancelled"])
def test_what_neither_waits_nor_runs_cannot_be_cancelled(desk, state):
    id = desk.broadcast(**({"status": "draft"} if state == "draft" else {}))
    if state == "completed":
        desk.advance()
    if state == "cancelled":
        desk.control("POST", f"/broadcasts/{id}/cancel")

    answer = desk.world.call("POST", f"/_emulator/sandboxes/default/broadcasts/{id}/cancel")

    assert answer.status_code == 409


def test_testers_see_broadcasts_and_recipients(desk):
    id = desk.run()["id"]
    shown = desk.control("GET", f"/broadcasts/{id}")

    assert {name: shown[name] for name in ("name", "status", "total", "counts", "account")} == {
        "name": "Hello VIPs",
        "status": "completed",
        "total": 4,
        "counts": {"read": 2, "failed": 1, "replied": 1},
        "account": "harbour",
    }
    assert shown["native"] == desk.get(f"/broadcasts/{id}")
    [fay] = desk.messages("to=12025550101")
    assert (fay["status"], fay["native"], fay["broadcast"]) == ("failed", desk.logs(id)[2], id)
    assert fay["error"] == {"code": "131026", "message": "Message undeliverable"}
    [ada] = desk.messages("to=%2B12025550110")
    assert ada["native"] == desk.get("/messages/conAda0001")[0]
    assert (ada["from"], ada["to"], ada["template"]) == (
        "+12025550100", "+12025550110", "plain_hello",
    )  # fmt: skip
    assert ada["contact"] == {"id": "conAda0001", "name": "Ada Byron"}


@pytest.mark.parametrize(
    ("before", "word", "log", "counters"),
    [
        ("stuck", "delivered", "delivered", (1, 1, 0, 1, 1, 0, 0, 0)),
        ("stuck", "read", "read", (1, 1, 0, 1, 1, 1, 0, 0)),
        ("stuck", "failed", "failed", (1, 1, 0, 1, 0, 0, 1, 0)),
        ("delivered", "read", "read", (1, 1, 0, 1, 1, 1, 0, 0)),
        ("pending", "sent", "sent", (1, 1, 0, 1, 0, 0, 0, 0)),
        ("pending", "failed", "failed", (1, 0, 1, 0, 0, 0, 1, 0)),
        ("delivered", "failed", None, None),
        ("delivered", "sent", None, None),
        ("read", "delivered", None, None),
        ("read", "replied", None, None),
        ("rejected", "sent", None, None),
    ],
)
def test_testers_mark_recipients(desk, before, word, log, counters):
    one(desk)
    desk.rule(before)
    id = desk.run(segments=[{"id": "segOne"}])["id"]
    [message] = desk.messages()
    path = f"/_emulator/sandboxes/default/messages/{message['id']}/status"
    error = {"code": "131049", "message": ""} if word == "failed" else None

    answer = desk.world.call("POST", path, {"status": word, "error": error})

    if log is None:
        assert answer.status_code == 409
        return
    assert answer.get_json()["status"] == word
    assert [(each["status"], each["error"]) for each in desk.logs(id)] == [
        (log, LATE if error else "")
    ]
    assert stats(desk.get(f"/broadcasts/{id}")) == counters


def test_counters_always_agree(desk):
    id = desk.broadcast(segments=ALL)
    while True:
        total, success, failure, sent, delivered, read, failed, replied = stats(
            desk.get(f"/broadcasts/{id}")
        )
        assert sent == success >= delivered >= read >= replied
        assert failed >= failure
        assert success + failure <= total
        if not desk.sandbox.agenda.entries():
            break
        desk.advance(0.04)
    assert (total, success, failure) == (8, 7, 1)


def test_accounts_do_not_mix(desk):
    desk.load(apiKeys=[])
    number = {"phoneNumber": "+12025550110", "name": "Other Ada", "location": {"id": "locBempty1"}}
    contact = desk.post("/contacts", number, KEY_B)
    desk.run(segments=ALL)

    assert desk.get(f"/messages/{contact['id']}", KEY_B) == []
    assert desk.get("/broadcasts", KEY_B) == []
