"""When broadcasts are sent, what they go through, when they end, and that keys make one only."""

import threading

import pytest

from emulator.core.emulator import Wish
from tests.providers.cuedesk.desk import (
    BROADCASTS,
    FROM,
    TO,
    Desk,
    first,
    newsletter,
    notice,
    row,
)

OTHER = "27827134468"
LATER = "2024-06-15T10:00:00Z"


def scheduled(*rows, at=LATER, **more):
    return newsletter(*rows, scheduled_at=at, **more)


def times(message):
    return {step["status"]: step["at"] for step in message["history"]}


def test_an_immediate_broadcast_is_processed_then_completed(desk):
    answer = desk.accept("/v2/broadcasts", newsletter(row(), row(OTHER)))["broadcast"]
    assert (answer["status"], answer["scheduled_at"], answer["name"]) == ("processing", None, None)
    assert desk.statuses() == [["queued"], ["queued"]]

    desk.advance("100ms")
    assert desk.seen(answer["uuid"])["status"] == "completed"
    assert desk.seen(answer["uuid"])["counts"] == {"sent": 2}
    desk.advance()

    assert desk.statuses() == [["queued", "sent", "delivered"]] * 2
    seen = desk.seen(answer["uuid"])
    assert (seen["status"], seen["total"], seen["counts"]) == ("completed", 2, {"delivered": 2})


def test_delays_are_the_assumed_ones(desk):
    desk.rule("read")
    desk.broadcast(newsletter())

    desk.advance()

    assert times(desk.message()) == {
        "queued": "2024-06-01T12:00:00Z",
        "sent": "2024-06-01T12:00:00.100000Z",
        "delivered": "2024-06-01T12:00:00.300000Z",
        "read": "2024-06-01T12:00:00.500000Z",
    }


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2024-06-15T10:00:00Z", "2024-06-15T10:00:00Z"),
        ("2024-06-15T10:00:00", "2024-06-15T10:00:00Z"),
        ("2024-06-15T10:00", "2024-06-15T10:00:00Z"),
        ("2024-06-15T12:00:00+02:00", "2024-06-15T10:00:00Z"),
        ("2024-06-15T12:00:00+0200", "2024-06-15T10:00:00Z"),
        ("2024-06-15T10:00:00.750Z", "2024-06-15T10:00:00Z"),
        ("2024-06-15T10:00:00.123456789Z", "2024-06-15T10:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_times_are_answered_in_one_form(desk, given, shown):
    answer = desk.accept("/v2/broadcasts", scheduled(at=given))["broadcast"]

    assert (answer["scheduled_at"], answer["status"]) == (shown, "scheduled")


def test_nothing_is_sent_before_the_exact_time(desk):
    id = desk.broadcast(scheduled(at="2024-06-01T12:10:00.250Z"))

    desk.advance("10m")
    assert desk.seen(id)["status"] == "scheduled"
    assert desk.statuses() == [["queued"]]
    desk.advance("250ms")
    assert desk.seen(id)["status"] == "processing"
    desk.advance()

    assert desk.seen(id)["status"] == "completed"
    assert times(desk.message())["sent"] == "2024-06-01T12:10:00.350000Z"


@pytest.mark.parametrize("at", ["2024-05-01T00:00:00Z", "2024-06-01T12:00:00Z"])
def test_a_time_that_has_come_is_now(desk, at):
    answer = desk.accept("/v2/broadcasts", scheduled(at=at))["broadcast"]

    assert (answer["scheduled_at"], answer["status"]) == (at, "processing")
    desk.advance("1s")
    assert desk.message()["status"] == "delivered"


def test_a_broadcast_is_under_way_from_its_time_to_its_last_message(desk):
    desk.rule("pending", to=OTHER)
    rows = [row(TO, name="Alex"), row(OTHER, name="Thandi")]
    id = desk.broadcast(newsletter(*rows, scheduled_at="2024-06-01T13:00:00Z"))
    ahead, late = sorted(desk.messages(), key=lambda message: message["to"] == OTHER)

    desk.control("POST", f"/messages/{ahead['id']}/status", {"status": "sent"})
    assert desk.seen(id)["status"] == "scheduled"
    desk.advance(by="1h")
    desk.control("POST", f"/messages/{ahead['id']}/status", {"status": "delivered"})
    assert desk.seen(id)["status"] == "processing"
    desk.control("POST", f"/messages/{late['id']}/status", {"status": "sent"})
    assert desk.seen(id)["status"] == "completed"


def test_a_scheduled_broadcast_holds_idle_back(desk):
    desk.broadcast(scheduled())

    ledger = desk.advance()

    assert (ledger["reason"], ledger["to"]) == ("idle", "2024-06-15T10:00:00.300000Z")


def test_latency_instant_delivers_within_the_request(desk):
    desk.set(latency="instant")

    answer = desk.accept("/v2/broadcasts", newsletter())["broadcast"]

    assert answer["status"] == "processing"
    assert desk.statuses() == [["queued", "sent", "delivered"]]
    assert desk.seen(answer["uuid"])["status"] == "completed"


@pytest.mark.parametrize(
    ("outcome", "path", "error"),
    [
        ("delivered", ["sent", "delivered"], None),
        ("read", ["sent", "delivered", "read"], None),
        ("replied", ["sent", "delivered", "read"], None),
        ("rejected", ["failed"], "131026"),
        ("undelivered", ["sent", "failed"], "131026"),
        ("stuck", ["sent"], None),
        ("pending", [], None),
        ("bounced_permanent", ["sent", "failed"], "131026"),
        ("bounced_transient", ["sent", "failed"], "131026"),
        ("flaky", ["sent", "delivered"], None),
    ],
)
def test_every_outcome_reaches_its_end(desk, outcome, path, error):
    desk.rule(outcome)
    id = desk.broadcast(newsletter())

    desk.advance()

    message = desk.messages(direction="out")[0]
    assert [step["status"] for step in message["history"]] == ["queued", *path]
    assert message["outcome"] == outcome
    assert (message["error"] or {}).get("code") == error
    expected = "processing" if outcome == "pending" else "completed"
    assert desk.seen(id)["status"] == expected


@pytest.mark.parametrize(
    ("outcome", "is_approximated"),
    [("delivered", False), ("read", False), ("rejected", False), ("undelivered", False)]
    + [
        (outcome, True)
        for outcome in ("replied", "pending", "flaky", "bounced_permanent", "bounced_transient")
    ],
)
def test_explain_says_what_the_vendor_cannot(desk, outcome, is_approximated):
    desk.rule(outcome)

    told = desk.control("POST", "/outcomes/explain", {"provider": "cuedesk", "to": f"+{TO}"})

    assert (told["outcome"], told["approximated"]) == (outcome, is_approximated)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (None, {"code": "131026", "message": "Message undeliverable"}),
        ({"code": "131026"}, {"code": "131026", "message": "Message undeliverable"}),
        ({"code": "131047"}, {"code": "131047", "message": "Re-engagement message"}),
        ({"code": "9"}, {"code": "9", "message": "Message undeliverable"}),
        ({"code": "9", "message": "No"}, {"code": "9", "message": "No"}),
    ],
)
def test_a_rule_says_why_a_message_fails(desk, error, shown):
    desk.rule("undelivered", **({"error": error} if error else {}))
    desk.broadcast(newsletter())

    desk.advance()

    assert desk.message()["error"] == shown


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"to": f"+{TO}"}, ["failed", "delivered"]),
        ({"template": "monthly_newsletter"}, ["failed", "failed"]),
        ({"template": "plain_notice"}, ["delivered", "delivered"]),
        ({"text_pattern": "^Hello B"}, ["delivered", "failed"]),
        ({"to_suffix": "68"}, ["delivered", "failed"]),
        ({"provider": "cuedesk", "channel": "whatsapp", "account": "ws_main"}, ["failed"] * 2),
        ({"share": 0.5}, None),
    ],
)
def test_rules_match_what_is_sent(desk, match, expected):
    desk.rule("rejected", **match)
    desk.broadcast(newsletter(row(name="A"), row(OTHER, name="B")))

    desk.advance()

    found = [message["status"] for message in desk.messages()]
    assert found == expected if expected else sorted(found) == ["delivered", "failed"]


def test_magic_numbers_work(desk):
    numbers = ["447592990099", "447592990199", "447592990499", "447592990599", "447592990699"]
    desk.broadcast(newsletter(*map(row, numbers)))

    desk.advance()

    ends = ["delivered", "read", "failed", "failed", "sent"]
    assert [message["status"] for message in desk.messages()] == ends


def test_what_is_not_delivered_in_time_expires(desk):
    desk.rule("stuck", to=TO)
    desk.rule("pending", to=OTHER)
    numbers = [TO, OTHER, "447911123456", "447592990499"]
    body = newsletter(*map(row, numbers), valid_until="2024-06-01T13:00:00Z")
    id = desk.broadcast(body)

    ledger = desk.advance()

    assert ledger["to"] == "2024-06-01T13:00:00Z"
    assert desk.statuses() == [
        ["queued", "sent", "expired"],
        ["queued", "expired"],
        ["queued", "sent", "delivered"],
        ["queued", "failed"],
    ]
    stuck = desk.messages()[0]
    assert stuck["error"]["code"] == "MESSAGE_EXPIRED"
    assert times(stuck)["expired"] == "2024-06-01T13:00:00Z"
    seen = desk.seen(id)
    assert (seen["status"], seen["counts"]) == (
        "completed",
        {"expired": 2, "delivered": 1, "failed": 1},
    )


def test_validity_is_forgotten_once_everything_is_delivered(desk):
    desk.broadcast(newsletter(valid_until="2024-06-05T00:00:00Z"))

    assert desk.advance()["to"] == "2024-06-01T12:00:00.300000Z"


@pytest.mark.parametrize(
    ("delivered", "end"),
    [("59.9s", "delivered"), ("59.899999s", "delivered"), ("59.900001s", "expired")],
)
def test_a_delivery_at_the_instant_of_expiry_counts(desk, delivered, end):
    desk.rule("delivered", delays={"delivered": delivered})
    desk.broadcast(newsletter(valid_until="2024-06-01T12:01:00Z"))

    desk.advance()

    assert desk.message()["status"] == end


def test_a_chain_of_steps_at_the_instant_of_expiry_counts(desk):
    desk.rule("delivered", delays={"sent": 60, "delivered": 0})
    desk.broadcast(newsletter(valid_until="2024-06-01T12:01:00Z"))

    desk.advance()

    assert desk.statuses() == [["queued", "sent", "delivered"]]


def test_what_is_delivered_may_be_read_after_the_validity(desk):
    desk.rule("read", delays={"read": "2h"})
    desk.broadcast(newsletter(valid_until="2024-06-01T12:01:00Z"))

    desk.advance()

    assert desk.message()["status"] == "read"


def test_a_reply_to_what_has_expired_never_comes(desk):
    desk.rule("replied", delays={"delivered": "2h"})
    desk.broadcast(newsletter(valid_until="2024-06-01T13:00:00Z"))

    desk.advance()

    assert desk.statuses() == [["queued", "sent", "expired"]]


def test_a_scheduled_broadcast_expires_after_its_start(desk):
    desk.rule("stuck")
    desk.broadcast(scheduled(valid_until="2024-06-15T11:00:00Z"))

    desk.advance()

    assert times(desk.message())["expired"] == "2024-06-15T11:00:00Z"


def test_a_scheduled_broadcast_is_cancelled(desk):
    desk.listen()
    id = desk.broadcast(scheduled(row(), row(OTHER), valid_until="2024-06-16T10:00:00Z"))

    cancelled = desk.control("POST", f"/broadcasts/{id}/cancel")
    ledger = desk.advance()

    assert (cancelled["status"], cancelled["counts"]) == ("cancelled", {"cancelled": 2})
    assert desk.statuses() == [["queued", "cancelled"]] * 2
    assert (ledger["events"], desk.told) == (0, [])


def test_a_running_broadcast_is_cancelled_as_far_as_it_is_queued(desk):
    desk.rule("delivered", to=OTHER, delays={"sent": "1m"})
    id = desk.broadcast(newsletter(row(), row(OTHER)))
    desk.advance("150ms")

    desk.control("POST", f"/broadcasts/{id}/cancel")
    desk.advance()

    assert desk.statuses() == [["queued", "sent", "delivered"], ["queued", "cancelled"]]
    assert desk.seen(id)["status"] == "cancelled"


def test_what_is_over_cannot_be_cancelled(desk):
    done, cancelled = desk.broadcast(newsletter()), desk.broadcast(scheduled())
    desk.advance("1s")
    desk.control("POST", f"/broadcasts/{cancelled}/cancel")

    for id in (done, cancelled):
        desk.control("POST", f"/broadcasts/{id}/cancel", status=409)


@pytest.mark.parametrize(
    ("way", "status", "code"),
    [
        (["delivered"], "delivered", 200),
        (["sent", "read"], "read", 200),
        (["sent", "failed"], "failed", 200),
        (["expired"], "expired", 200),
        (["delivered", "read"], "read", 200),
        (["delivered", "sent"], "delivered", 409),
        (["delivered", "failed"], "delivered", 409),
        (["read", "delivered"], "read", 409),
        (["failed", "delivered"], "failed", 409),
        (["expired", "delivered"], "expired", 409),
        (["cancelled"], "queued", 409),
        (["deliverd"], "queued", 422),
    ],
)
def test_a_message_is_pushed_where_its_lifecycle_leads(desk, way, status, code):
    desk.rule("pending")
    desk.broadcast(newsletter())

    for step in way[:-1]:
        desk.push(step)
    desk.push(way[-1], code)

    assert desk.message()["status"] == status


def test_a_pushed_message_forgets_its_plan_and_moves_its_broadcast(desk):
    id = desk.broadcast(scheduled(valid_until="2024-06-16T10:00:00Z"))

    pushed = desk.push("failed", error={"code": "7", "message": "No such phone"})
    ledger = desk.advance()

    assert pushed["error"] == {"code": "7", "message": "No such phone"}
    assert (ledger["events"], desk.statuses()) == (0, [["queued", "failed"]])
    assert desk.seen(id)["status"] == "completed"


@pytest.mark.parametrize("path", BROADCASTS)
def test_a_repeated_key_makes_no_second_broadcast(desk, path):
    body = newsletter if path == "/v2/broadcasts" else first
    made = desk.accept(path, body(client_unique_identifier="k", name="One"))
    before = desk.stored()

    again = desk.accept(path, body(client_unique_identifier="k", name="Two"))

    assert (again, desk.stored()) == (made, before)
    assert len(desk.messages()) == 1


def test_a_repeat_shows_what_has_become_and_the_first_warnings(desk):
    body = scheduled(row(), row("bad"), client_unique_identifier="k")
    made = desk.accept("/v2/broadcasts", body)
    repeat = newsletter(client_unique_identifier="k", **{"from": "nobody"})

    desk.advance()
    again = desk.accept("/v2/broadcasts", repeat)

    made["broadcast"]["status"] = "completed"
    assert again == made
    assert len(again["warnings"]) == 1


def test_a_repeat_of_a_cancelled_broadcast_is_cancelled(desk):
    body = scheduled(client_unique_identifier="k")
    id = desk.broadcast(body)
    desk.control("POST", f"/broadcasts/{id}/cancel")

    assert desk.accept("/v2/broadcasts", body)["broadcast"]["status"] == "cancelled"


def test_both_versions_share_their_keys(desk):
    made = desk.accept("/v2/broadcasts", newsletter(client_unique_identifier="k"))

    assert desk.accept("/broadcasts", first(client_unique_identifier="k")) == made


@pytest.mark.parametrize("key", [..., None, ""])
def test_without_a_key_every_request_counts(desk, key):
    body = newsletter() if key is ... else newsletter(client_unique_identifier=key)

    assert desk.broadcast(body) != desk.broadcast(body)


@pytest.mark.parametrize("other", ["K", "k ", " k"])
def test_keys_are_compared_exactly(desk, other):
    one = desk.broadcast(newsletter(client_unique_identifier="k"))

    assert desk.broadcast(newsletter(client_unique_identifier=other)) != one


@pytest.mark.parametrize(
    "bad",
    [
        {"from": "nobody"},
        {"template": {"name": "unknown", "locale": "en"}},
        {"template": {"name": "monthly_newsletter", "locale": "en"}},
        {"payload": [{"identifier": "bad"}]},
        {"payload": []},
    ],
)
def test_a_refused_request_does_not_use_its_key_up(desk, bad):
    body = newsletter(client_unique_identifier="k")
    assert desk.post("/v2/broadcasts", {**body, **bad}).status_code >= 400

    desk.accept("/v2/broadcasts", body)


def test_the_schema_comes_before_the_key(desk):
    desk.broadcast(newsletter(client_unique_identifier="k"))

    answer = desk.post("/v2/broadcasts", {"client_unique_identifier": "k"})

    assert answer.status_code == 422


def test_keys_are_those_of_a_workspace(desk):
    desk.broadcast(newsletter(client_unique_identifier="k"))
    channel = {"from": "447700900999"}
    body = newsletter(client_unique_identifier="k", **channel)

    answer = desk.post("/v2/broadcasts", body, "cue_other_token")

    assert answer.get_json()["details"].startswith("Template 'monthly_newsletter' not found")


def test_of_parallel_requests_one_makes_the_broadcast():
    desk = Desk()
    body = newsletter(*(row() for _ in range(50)), client_unique_identifier="k")
    start, answers = threading.Barrier(8), []

    def ask():
        start.wait()
        answers.append(desk.accept("/v2/broadcasts", body))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)
    assert len(desk.messages()) == 50
    assert len(desk.control("GET", "/broadcasts")["items"]) == 1


def test_broadcasts_are_found_and_shown(desk):
    desk.broadcast(newsletter(name="May"))
    id = desk.broadcast(
        scheduled(name="June", client_unique_identifier="k", valid_until="2024-06-16T10:00:00Z")
    )

    [june] = desk.world.client.get(
        "/_emulator/sandboxes/default/broadcasts", query_string={"name": "June"}
    ).get_json()["items"]

    assert (june["id"], june["status"], june["account"]) == (id, "scheduled", "ws_main")
    assert (june["channel"], june["scheduled_at"]) == ("whatsapp", LATER)
    assert june["native"] == {
        "uuid": id,
        "name": "June",
        "scheduled_at": LATER,
        "status": "scheduled",
        "created_at": "2024-06-01T12:00:00Z",
        "recipients": 1,
        "valid_until": "2024-06-16T10:00:00Z",
        "client_unique_identifier": "k",
        "template": "monthly_newsletter",
        "counts": {"queued": 1},
        "warnings": [],
    }
    assert len(desk.messages(broadcast=id)) == 1
    assert len(desk.messages(to=f"+{TO}")) == 2


def test_a_fork_goes_its_own_way(desk):
    desk.broadcast(scheduled())
    desk.world.emulator.create(Wish(name="other", parent="default"))
    try:
        desk.advance()
        other = desk.world.call("GET", "/_emulator/sandboxes/other/messages").get_json()
    finally:
        desk.world.emulator.delete("other")

    assert desk.message()["status"] == "delivered"
    assert [message["status"] for message in other["items"]] == ["queued"]


def test_a_snapshot_goes_on_elsewhere(desk):
    body = scheduled(row(name="Ana"), row("bad"), client_unique_identifier="k")
    made = desk.accept("/v2/broadcasts", body)
    kept = desk.control("GET", "/snapshot")
    there = "/_emulator/sandboxes/elsewhere"
    headers = {"Authorization": "Bearer cue_ci_token"}

    assert desk.world.call("PUT", f"{there}/snapshot", kept).status_code < 300
    try:
        desk.world.call("POST", f"{there}/clock/advance", {"until": "idle"})
        [message] = desk.world.call("GET", f"{there}/messages").get_json()["items"]
        path = "/s/elsewhere/cuedesk/v2/broadcasts"
        again = desk.world.call("POST", path, body, headers=headers).get_json()
    finally:
        desk.world.emulator.delete("elsewhere")

    assert (message["status"], message["text"]) == ("delivered", "Hello Ana")
    assert message["native"]["body"] == ["Ana"]
    made["broadcast"]["status"] = "completed"
    assert again == made


@pytest.mark.parametrize(
    ("name", "locale", "said"),
    [
        ("plain_notice", "fr", "'plain_notice' is there as: en (APPROVED), pt_BR (PENDING)"),
        ("plain_notice", "pt_BR", "'plain_notice' is there as: pt_BR (PENDING)"),
        ("plain_notic", "en", "no template 'plain_notic'; nearest: plain_notice"),
        ("zzz", "en", "the workspace has no template 'zzz'"),
    ],
)
def test_a_hint_says_why_no_template_is_found(desk, name, locale, said):
    answer = desk.post("/v2/broadcasts", notice(template={"name": name, "locale": locale}))

    assert answer.status_code == 400
    assert said in answer.headers["X-Emulator-Hint"]


def test_a_hint_says_who_may_send(desk):
    answer = desk.post("/v2/broadcasts", notice(**{"from": f"+{FROM}"}))

    assert answer.status_code == 403
    assert (
        answer.headers["X-Emulator-Hint"]
        == f"workspace ws_main has the channels: {FROM} (whatsapp)"
    )
