"""Broadcasts as clients make, change and delete them; nothing is sent here."""

from typing import Any

import pytest

from tests.providers.whautomate.desk import HELLO, MAIN, NOW, hello

REQUIRED = {"name": "Bare", "type": "contact"}
NO_STATS = {
    "processedStats": {"totalCount": 0, "successCount": 0, "failureCount": 0},
    "deliveryStats": {
        "sentCount": 0,
        "deliveredCount": 0,
        "readCount": 0,
        "failedCount": 0,
        "repliedCount": 0,
    },
}
LATER = "2026-05-07T09:15:00.000Z"


def test_a_complete_broadcast_is_scheduled_for_now(desk):
    answer = desk.post("/broadcasts", hello())

    assert list(answer) == [
        "id",
        "name",
        "type",
        "status",
        "segments",
        "scheduleDateTime",
        "template",
        "headerTextParameters",
        "bodyTextParameters",
        "buttonUrlParameters",
        "location",
        "processedStats",
        "deliveryStats",
    ]
    assert answer == {
        "id": answer["id"],
        "name": "Hello VIPs",
        "type": "contact",
        "status": "scheduled",
        "segments": [{"id": "segVipCon2"}],
        "scheduleDateTime": NOW,
        "template": HELLO,
        "headerTextParameters": [],
        "bodyTextParameters": [],
        "buttonUrlParameters": [],
        "location": MAIN,
        **NO_STATS,
    }
    assert len(answer["id"]) == 10
    assert answer["id"].isalnum()
    assert desk.get(f"/broadcasts/{answer['id']}") == answer


def test_what_the_page_calls_required_suffices_for_a_draft(desk):
    answer = desk.post("/broadcasts", REQUIRED)

    assert answer == {
        "id": answer["id"],
        **REQUIRED,
        "status": "draft",
        "segments": [],
        "scheduleDateTime": None,
        "headerTextParameters": [],
        "bodyTextParameters": [],
        "buttonUrlParameters": [],
        **NO_STATS,
    }
    assert desk.logs(answer["id"]) == []


@pytest.mark.parametrize("missing", ["segments", "template", "location"])
def test_what_lacks_something_is_a_draft(desk, missing):
    answer = desk.post("/broadcasts", hello(**{missing: ...}, scheduleDateTime=LATER))

    assert (answer["status"], answer["scheduleDateTime"]) == ("draft", LATER)
    assert desk.advance().events == 0


def test_a_draft_on_purpose_stays_one(desk):
    answer = desk.post("/broadcasts", hello(status="Draft"))

    assert (answer["status"], answer["scheduleDateTime"]) == ("draft", None)


@pytest.mark.parametrize("status", ["scheduled", "completed", "failed", "nonsense", 5, [], {}])
def test_other_statuses_are_ignored(desk, status):
    assert desk.post("/broadcasts", hello(status=status))["status"] == "scheduled"


def test_everything_comes_back_as_it_was_sent(desk):
    given = {
        "name": "Everything",
        "type": "client",
        "segments": [{"id": "segAllCli3", "name": "x"}, {"id": "segGoldCl4"}, {"id": "segAllCli3"}],
        "targetClass": {"id": "clsYoga001", "title": "x"},
        "targetClassStatus": "BOOKED",
        "scheduleDateTime": LATER,
        "template": {**HELLO, "status": "x"},
        "headerMediaUrl": "https://cdn.example.test/banner.jpg",
        "headerTextParameters": ["a"],
        "bodyTextParameters": ["", "b"],
        "buttonUrlParameters": ["c"],
        "locationParameters": {"latitude": 1, "longitude": -2.5, "address": "", "name": "N"},
        "flowParameters": {"flowToken": "t", "flowData": "{}"},
        "location": MAIN,
    }
    answer = desk.post("/broadcasts", {**given, "id": "mine", "startedAt": LATER, "extra": 1})

    assert answer == {
        **given,
        "id": answer["id"],
        "status": "scheduled",
        "segments": [{"id": "segAllCli3"}, {"id": "segGoldCl4"}],
        "targetClass": {"id": "clsYoga001"},
        "template": HELLO,
        **NO_STATS,
    }
    assert answer["id"] != "mine"


def test_details_of_the_audience_have_defaults(desk):
    earlier = desk.run(type="client", segments=[{"id": "segAllCli3"}])["id"]
    answer = desk.post(
        "/broadcasts",
        hello(
            type="client",
            segments=...,
            targetClass={"id": "clsYoga001"},
            retargetBroadcast={"id": earlier},
        ),
    )

    assert (answer["targetClassStatus"], answer["retargetEngagementType"]) == ("ALL", "sent")


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2026-05-07T09:15:00Z", LATER),
        ("2026-05-07T09:15:00", LATER),
        ("2026-05-07T09:15", LATER),
        ("2026-05-07T11:15:00+02:00", LATER),
        ("2026-05-07T09:15:00.000000Z", LATER),
        ("2026-05-07T09:15:00.1239Z", "2026-05-07T09:15:00.123Z"),
        ("2026-05-06T09:59:00.000Z", "2026-05-06T09:59:00.000Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
    ],
)
def test_schedules(desk, given, stored):
    answer = desk.post("/broadcasts", hello(scheduleDateTime=given))

    assert (answer["status"], answer["scheduleDateTime"]) == ("scheduled", stored)


ENGAGEMENTS = "sent, delivered, read, failed, replied"
PARTICIPATIONS = "ALL, BOOKED, WAITLISTED, VISITED, NO_SHOW, CANCELLED, RESCHEDULED"
SEGMENTS = "segments must be an array of objects with id"
PLACE = {"latitude": 1, "longitude": 2, "address": "a", "name": "n"}

NO_MOMENTS: list[Any] = [
    "tomorrow", "", 5, "2026-05-07", "2026-05-07T25:00:00Z", {}, "2026-02-30T00:00",
]  # fmt: skip
NO_STRINGS: list[Any] = ["a", [1], [None], {}]
MISTAKES: list[Any] = [
    ({"name": None}, "name is required", "name"),
    ({"name": ""}, "name is required", "name"),
    ({"name": "  "}, "name is required", "name"),
    ({"name": 5}, "name is required", "name"),
    ({"type": None}, "type is required", "type"),
    ({"type": ""}, "type must be one of client, contact", "type"),
    ({"type": "Contact"}, "type must be one of client, contact", "type"),
    ({"type": []}, "type must be one of client, contact", "type"),
    ({"segments": "segVipCon2"}, SEGMENTS, "segments"),
    ({"segments": ["segVipCon2"]}, SEGMENTS, "segments"),
    ({"segments": [{"id": ""}]}, SEGMENTS, "segments"),
    ({"segments": [{"id": 5}]}, SEGMENTS, "segments"),
    ({"targetClass": {}}, "targetClass.id is required", "targetClass.id"),
    ({"targetClass": "x"}, "targetClass.id is required", "targetClass.id"),
    ({"retargetBroadcast": {"id": ""}}, "retargetBroadcast.id is required", "retargetBroadcast.id"),
    ({"location": {"id": None}}, "location.id is required", "location.id"),
    ({"location": []}, "location.id is required", "location.id"),
    (
        {"targetClassStatus": "booked"},
        f"targetClassStatus must be one of {PARTICIPATIONS}",
        "targetClassStatus",
    ),
    (
        {"retargetEngagementType": "opened"},
        f"retargetEngagementType must be one of {ENGAGEMENTS}",
        "retargetEngagementType",
    ),
    *(
        (
            {"scheduleDateTime": value},
            "scheduleDateTime must be an ISO 8601 date",
            "scheduleDateTime",
        )
        for value in NO_MOMENTS
    ),
    (
        {"scheduleDateTime": "2026-05-06T09:58:59.999Z"},
        "scheduleDateTime must be in the future",
        "scheduleDateTime",
    ),
    (
        {"scheduleDateTime": "2026-05-06T09:58:59.999Z", "template": {}},
        "scheduleDateTime must be in the future",
        "scheduleDateTime",
    ),
    ({"template": "plain_hello"}, "template.name is required", "template.name"),
    ({"template": {"language": "en"}}, "template.name is required", "template.name"),
    ({"template": {"name": "x"}}, "template.language is required", "template.language"),
    (
        {"template": {"name": "x", "language": ""}},
        "template.language is required",
        "template.language",
    ),
    *(
        ({"headerMediaUrl": value}, "headerMediaUrl must be a valid URL", "headerMediaUrl")
        for value in (
            "",
            "banner.jpg",
            "/banner.jpg",
            "ftp://x.test/a",
            "http://",
            5,
            "https://a b/",
        )
    ),
    *(
        ({name: value}, f"{name} must be an array of strings", name)
        for name in ("headerTextParameters", "bodyTextParameters", "buttonUrlParameters")
        for value in NO_STRINGS
    ),
    ({"locationParameters": []}, "locationParameters must be an object", "locationParameters"),
    *(
        (
            {"locationParameters": {**PLACE, name: value}},
            f"locationParameters.{name} is invalid",
            f"locationParameters.{name}",
        )
        for name, value in (
            ("latitude", 90.5),
            ("latitude", "1"),
            ("latitude", None),
            ("latitude", True),
            ("longitude", -181),
            ("longitude", []),
        )
    ),
    *(
        (
            {"locationParameters": {**PLACE, name: 5}},
            f"locationParameters.{name} must be a string",
            f"locationParameters.{name}",
        )
        for name in ("address", "name")
    ),
    (
        {"flowParameters": {"flowData": "{}"}},
        "flowParameters.flowToken must be a string",
        "flowParameters.flowToken",
    ),
    (
        {"flowParameters": {"flowToken": "t", "flowData": {}}},
        "flowParameters.flowData must be a string",
        "flowParameters.flowData",
    ),
    ({"segments": [{"id": "nobody"}]}, "Segment not found", "segments"),
    (
        {"segments": [{"id": "segAllCli3"}]},
        "Segment type does not match broadcast type",
        "segments",
    ),
    (
        {"segments": [{"id": "segAllCli3"}], "location": {"id": "nowhere"}},
        "Location not found",
        "location.id",
    ),
    ({"targetClass": {"id": "nothing"}}, "Class not found", "targetClass.id"),
    ({"targetClass": {"id": "clsYoga001"}}, "targetClass requires type client", "targetClass"),
    ({"retargetBroadcast": {"id": "none"}}, "Broadcast not found", "retargetBroadcast.id"),
    ({"location": {"id": "nowhere"}}, "Location not found", "location.id"),
    ({"location": {"id": "locBempty1"}}, "Location not found", "location.id"),
    (
        {"template": {"name": "plain_hello", "language": "de"}},
        "Template not found",
        "template.name",
    ),
    ({"template": {"name": "none", "language": "en"}}, "Template not found", "template.name"),
    (
        {"template": {"name": "summer_draft", "language": "en"}},
        "Template is not approved",
        "template.name",
    ),
]


@pytest.mark.parametrize(("given", "error", "field"), MISTAKES)
def test_mistakes_refuse_making_and_changing(desk, given, error, field):
    known = desk.broadcast(scheduleDateTime=LATER)

    assert desk.refusal("POST", "/broadcasts", hello(**given)) == (400, error, field)
    assert desk.refusal("PUT", f"/broadcasts/{known}", hello(**given)) == (400, error, field)


def test_the_first_mistake_in_the_order_of_the_rules_is_told(desk):
    body: dict[str, Any] = {
        "flowParameters": 5,
        "locationParameters": 5,
        "buttonUrlParameters": 5,
        "headerMediaUrl": 5,
        "template": 5,
        "scheduleDateTime": 5,
        "retargetEngagementType": 5,
        "targetClassStatus": 5,
        "location": 5,
        "retargetBroadcast": 5,
        "targetClass": 5,
        "segments": 5,
        "type": 5,
        "name": 5,
    }
    fixes: dict[str, Any] = {
        "name": "N",
        "type": "contact",
        "segments": [{"id": "none"}],
        "targetClass": None,
        "retargetBroadcast": None,
        "location": {"id": "none"},
        "targetClassStatus": None,
        "retargetEngagementType": None,
        "scheduleDateTime": None,
        "template": HELLO,
        "headerMediaUrl": None,
        "buttonUrlParameters": None,
        "locationParameters": None,
        "flowParameters": None,
    }
    fields = []
    for name, fix in fixes.items():
        fields.append(desk.refusal("POST", "/broadcasts", body)[2])
        body = {**body, name: fix}

    assert [field.partition(".")[0] for field in fields] == list(fixes)
    assert desk.refusal("POST", "/broadcasts", body)[1] == "Segment not found"


def test_retargeting_needs_a_broadcast_of_the_same_type_that_has_started(desk):
    started = desk.run()["id"]
    waiting = desk.broadcast(scheduleDateTime=LATER)

    assert desk.refusal("POST", "/broadcasts", hello(retargetBroadcast={"id": waiting})) == (
        400,
        "retargetBroadcast has not been sent",
        "retargetBroadcast",
    )
    other = hello(type="client", segments=..., retargetBroadcast={"id": started})
    assert desk.refusal("POST", "/broadcasts", other) == (
        400,
        "retargetBroadcast type does not match broadcast type",
        "retargetBroadcast",
    )


@pytest.mark.parametrize(
    "given",
    [
        {"segments": [{"id": "nobody"}]},
        {"segments": [{"id": "segAllCli3"}]},
        {"targetClass": {"id": "clsYoga001"}},
        {"retargetBroadcast": {"id": "none"}},
        {"location": {"id": "nowhere"}},
        {"template": {"name": "none", "language": "en"}},
        {"template": {"name": "summer_draft", "language": "en"}},
    ],
)
def test_references_are_not_checked_if_told_so(desk, given):
    desk.set(reference_checks=False)

    answer = desk.post("/broadcasts", hello(**given))

    assert answer["status"] == "scheduled"
    [(name, value)] = given.items()
    assert answer[name] == value


def test_the_same_post_twice_makes_two(desk):
    first, second = desk.broadcast(), desk.broadcast()

    assert first != second
    assert len(desk.get("/broadcasts")) == 2


def test_a_broadcast_that_was_read_can_be_written_back(desk):
    id = desk.broadcast(scheduleDateTime=LATER, type="client", segments=[{"id": "segAllCli3"}])
    before = desk.get(f"/broadcasts/{id}")
    desk.advance(0.5)

    assert desk.put(f"/broadcasts/{id}", before) == before


def test_fields_that_are_absent_stay_and_null_clears(desk):
    given = {"bodyTextParameters": ["a", "b"], "headerMediaUrl": "https://cdn.example.test/a.jpg"}
    id = desk.broadcast(scheduleDateTime=LATER, **given)

    changed = desk.put(f"/broadcasts/{id}", {**REQUIRED, "bodyTextParameters": ["c"]})
    cleared = desk.put(f"/broadcasts/{id}", {**REQUIRED, "headerMediaUrl": None, "template": None})

    assert changed["name"] == "Bare"
    assert changed["bodyTextParameters"] == ["c"]
    assert changed["headerMediaUrl"] == given["headerMediaUrl"]
    assert (changed["status"], changed["scheduleDateTime"]) == ("scheduled", LATER)
    assert "headerMediaUrl" not in cleared
    assert cleared["status"] == "draft"


@pytest.mark.parametrize("missing", ["name", "type"])
def test_a_change_needs_name_and_type_as_well(desk, missing):
    id = desk.broadcast(scheduleDateTime=LATER)
    body = {name: value for name, value in REQUIRED.items() if name != missing}

    assert desk.refusal("PUT", f"/broadcasts/{id}", body) == (
        400,
        f"{missing} is required",
        missing,
    )


def test_status_holds_back_and_releases(desk):
    id = desk.broadcast(scheduleDateTime=LATER)

    held = desk.put(f"/broadcasts/{id}", {**REQUIRED, "status": "draft"})
    kept = desk.put(f"/broadcasts/{id}", {**REQUIRED, "status": "nonsense"})
    assert desk.advance().events == 0
    released = desk.put(f"/broadcasts/{id}", {**REQUIRED, "status": "scheduled"})

    assert [held["status"], kept["status"], released["status"]] == ["draft", "draft", "scheduled"]
    assert released["scheduleDateTime"] == LATER


def test_null_as_the_schedule_of_a_released_broadcast_means_now(desk):
    id = desk.broadcast(scheduleDateTime=LATER)
    desk.advance(60)

    answer = desk.put(f"/broadcasts/{id}", {**REQUIRED, "scheduleDateTime": None})

    assert answer["scheduleDateTime"] == "2026-05-06T10:01:00.000Z"


def test_completing_a_draft_schedules_it(desk):
    id = desk.post("/broadcasts", REQUIRED)["id"]

    answer = desk.put(f"/broadcasts/{id}", hello())

    assert (answer["status"], answer["scheduleDateTime"]) == ("scheduled", NOW)
    desk.advance()
    assert desk.get(f"/broadcasts/{id}")["status"] == "completed"


def test_a_schedule_in_the_past_is_refused_only_if_it_is_new(desk):
    id = desk.broadcast(status="draft", scheduleDateTime=LATER)
    desk.advance(2 * 86400)

    same = desk.put(f"/broadcasts/{id}", {**REQUIRED, "scheduleDateTime": LATER})
    other = {**REQUIRED, "scheduleDateTime": "2026-05-07T09:16:00Z"}

    assert same["scheduleDateTime"] == LATER
    assert desk.refusal("PUT", f"/broadcasts/{id}", other)[1] == (
        "scheduleDateTime must be in the future"
    )


def test_a_changed_schedule_counts(desk):
    id = desk.broadcast(scheduleDateTime=LATER)
    desk.put(f"/broadcasts/{id}", {**REQUIRED, "scheduleDateTime": "2026-05-08T00:00:00Z"})

    desk.advance(1.5 * 86400)
    assert desk.get(f"/broadcasts/{id}")["status"] == "scheduled"
    desk.advance()
    assert desk.get(f"/broadcasts/{id}")["startedAt"] == "2026-05-08T00:00:01.000Z"


def test_clearing_a_source_clears_its_detail(desk):
    id = desk.broadcast(
        type="client",
        segments=[{"id": "segAllCli3"}],
        targetClass={"id": "clsYoga001"},
        scheduleDateTime=LATER,
    )

    answer = desk.put(f"/broadcasts/{id}", {"name": "N", "type": "client", "targetClass": None})

    assert "targetClass" not in answer
    assert "targetClassStatus" not in answer


def test_changes_do_not_put_a_due_broadcast_off(desk):
    id = desk.broadcast()
    for name in ("First", "Second", "Third"):
        desk.advance(0.3)
        desk.put(f"/broadcasts/{id}", {"name": name, "type": "contact"})
    desk.advance(0.1)

    found = desk.get(f"/broadcasts/{id}")
    assert (found["name"], found["startedAt"]) == ("Third", "2026-05-06T10:00:01.000Z")


@pytest.mark.parametrize("state", ["in_progress", "completed", "failed", "cancelled"])
def test_what_has_been_picked_up_can_no_longer_be_changed(desk, state):
    id = in_state(desk, state)

    assert desk.get(f"/broadcasts/{id}")["status"] == state
    assert desk.refusal("PUT", f"/broadcasts/{id}", hello()) == (
        400,
        "Broadcast can no longer be updated",
        None,
    )
    # What is wrong with the body is said first.
    assert desk.refusal("PUT", f"/broadcasts/{id}", {})[1] == "name is required"


def in_state(desk, state):
    if state == "failed":
        desk.rule("rejected")
    id = desk.broadcast(**({"status": "draft"} if state == "draft" else {}))
    if state == "in_progress":
        desk.advance(1.05)
    elif state == "cancelled":
        desk.control("POST", f"/broadcasts/{id}/cancel")
    elif state in ("completed", "failed"):
        desk.advance()
    return id


@pytest.mark.parametrize("state", ["draft", "scheduled", "completed", "failed", "cancelled"])
def test_what_is_not_under_way_can_be_deleted(desk, state):
    id = in_state(desk, state)
    assert desk.get(f"/broadcasts/{id}")["status"] == state

    desk.delete(f"/broadcasts/{id}")

    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/logs")):
        body = hello() if method == "PUT" else None
        answer = desk.refusal(method, f"/broadcasts/{id}{path}", body)
        assert answer == (404, "Broadcast not found", None)
    assert desk.advance().events == 0
    assert desk.get("/broadcasts") == []


def test_what_is_under_way_cannot_be_deleted(desk):
    id = in_state(desk, "in_progress")

    assert desk.refusal("DELETE", f"/broadcasts/{id}") == (
        400,
        "Broadcast is in progress and cannot be deleted",
        None,
    )


def test_a_template_may_be_refused_on_request(desk):
    fault = {"provider": "whautomate", "times": 1, "fault": {"error": "template_rejected"}}
    desk.control("POST", "/faults", fault)

    answer = desk.call("POST", "/broadcasts", hello())

    assert (answer.status_code, answer.get_json()["error"]) == (400, "Template is not approved")
    assert desk.post("/broadcasts", hello())["status"] == "scheduled"
