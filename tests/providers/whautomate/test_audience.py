"""Who gets a broadcast."""

import pytest

from tests.providers.whautomate.desk import ALL_CLIENTS, ALL_CONTACTS, KEY_B, MAIN, stats


def test_an_empty_audience_completes_at_once(desk):
    desk.load(
        segments=[{"id": "segNone", "name": "N", "type": "contact", "criteria": {"tags": ["x"]}}]
    )

    broadcast = desk.run(segments=[{"id": "segNone"}])

    assert (broadcast["status"], stats(broadcast)) == ("completed", (0,) * 8)
    assert broadcast["startedAt"] == broadcast["completedAt"]


def test_the_audience_is_settled_when_the_broadcast_starts(desk):
    id = desk.broadcast(scheduleDateTime="2026-05-06T11:00:00Z", segments=ALL_CONTACTS)
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
    desk.load(
        contacts=[
            {
                "id": "conTwin",
                "name": "Twin",
                "phoneNumber": "+12025550110",
                "location": "locWest002",
            }
        ]
    )

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

    names = [name for name, _ in desk.statuses(desk.run(**ALL_CLIENTS)["id"])]
    assert names == ["Mia Cole", "Ned Frost", "Ona Blake", "C1", "C2"]


def test_people_who_opted_out_are_not_left_out_by_themselves(desk):
    assert "Jon Marsh" in dict(desk.statuses(desk.run(segments=ALL_CONTACTS)["id"]))


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
                {
                    "id": f"con{name}",
                    "name": name,
                    "phoneNumber": f"+1202888{ending}",
                    "location": "locMain001",
                    "tags": ["VIP"],
                }
                for name, ending in (("Late", "0106"), ("Stuck", "0102"))
            ),
        ]
    )
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
    first = desk.run(**ALL_CLIENTS)["id"]
    target = {"targetClass": {"id": "clsYoga001"}, "targetClassStatus": "BOOKED"}

    second = desk.run(**ALL_CLIENTS, **target)
    third = desk.run(
        **ALL_CLIENTS, **target, retargetBroadcast={"id": first}, retargetEngagementType="failed"
    )

    assert [name for name, _ in desk.statuses(second["id"])] == ["Mia Cole"]
    assert [name for name, _ in desk.statuses(third["id"])] == ["Ona Blake"]
    assert third["segments"] == ALL_CLIENTS["segments"]
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


def test_accounts_do_not_mix(desk):
    desk.load(apiKeys=[])
    number = {"phoneNumber": "+12025550110", "name": "Other Ada", "location": {"id": "locBempty1"}}
    contact = desk.post("/contacts", number, KEY_B)
    desk.run(segments=ALL_CONTACTS)

    assert desk.get(f"/messages/{contact['id']}", KEY_B) == []
    assert desk.get("/broadcasts", KEY_B) == []
