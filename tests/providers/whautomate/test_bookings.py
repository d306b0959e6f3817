"""Staff, services, appointments and classes: the second wave."""

import pytest

from tests.providers.whautomate.desk import KEY_B, MAIN, NOW

MIA, NED = {"id": "cliMia0001"}, {"id": "cliNed0002"}
SAM, YOGA = {"id": "stfSam0001"}, {"id": "srvYoga001"}
BOOKING = {"date": "2026-06-02", "time": "04:39 PM", "staff": SAM, "service": YOGA, "client": MIA}
CLASS = {"service": YOGA, "date": "2026-06-02", "time": "09:00 AM"}
BLOCKS = "/staffs/stfSam0001/availabilityBlocks"


def test_the_account(desk):
    assert desk.get("/account-info", KEY_B) == {
        "name": "Empty Co",
        "ownerEmail": "owner@empty.example",
    }


def test_staff(desk):
    sam = {
        "id": "stfSam0001",
        "firstName": "Sam",
        "lastName": "Field",
        "email": "",
        "countryCode": "",
        "phone": "",
        "active": True,
        "locations": [{"id": "locMain001", "title": "Main Office"}],
    }
    assert desk.get("/staffs") == [sam]
    assert desk.get("/staffs/stfSam0001") == sam
    assert desk.get("/staffs?locationId=locMain001&searchText=fiel") == [sam]
    assert desk.get("/staffs?locationId=locWest002") == desk.get("/staffs?searchText=x") == []


def test_blocked_times(desk):
    given = {
        "date": "2026-06-02",
        "timezone": "Europe/Berlin",
        "slots": [{"startTime": "09:00 AM", "endTime": "14:30"}],
    }
    made = desk.post(BLOCKS, given)

    assert made == {
        "id": made["id"],
        "staff": {"id": "stfSam0001", "firstName": "Sam", "lastName": "Field"},
        "date": "2026-06-02",
        "timezone": "Europe/Berlin",
        "slots": [
            {
                "startTime": "09:00 AM",
                "endTime": "02:30 PM",
                "startTimeUTC": "2026-06-02T07:00:00.000Z",
                "endTimeUTC": "2026-06-02T12:30:00.000Z",
            }
        ],
    }
    assert desk.get(f"{BLOCKS}/{made['id']}") == made
    assert desk.get(f"{BLOCKS}?startDate=2026-06-02&endDate=2026-06-02") == [made]
    assert desk.get(f"{BLOCKS}?startDate=2026-06-03") == []
    desk.delete(f"{BLOCKS}/{made['id']}")
    assert desk.get(BLOCKS) == []


SPANS = "slots must be an array of objects with startTime and endTime"


@pytest.mark.parametrize(
    ("given", "error", "field"),
    [
        ({"date": None}, "date is required", "date"),
        ({"date": "x"}, "date must be an ISO 8601 date", "date"),
        ({"slots": None}, "slots is required", "slots"),
        ({"slots": []}, "slots is required", "slots"),
        ({"slots": [{"startTime": "9"}]}, SPANS, "slots"),
        ({"slots": [{"startTime": "13:00 PM", "endTime": "14:00"}]}, SPANS, "slots"),
        (
            {"slots": [{"startTime": "14:00", "endTime": "02:00 PM"}]},
            "slots must begin before they end",
            "slots",
        ),
        # Clocks are put forward: half past two there is half past three, by summer time.
        (
            {
                "date": "2026-03-29",
                "slots": [{"startTime": "02:30", "endTime": "03:15"}],
                "timezone": "Europe/Berlin",
            },
            "slots must begin before they end",
            "slots",
        ),
        ({"timezone": "Mars/Olympus"}, "timezone is invalid", "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone is invalid", "timezone"),
    ],
)
def test_blocked_times_that_are_wrong(desk, given, error, field):
    good = {"date": "2026-06-02", "slots": [{"startTime": "09:00", "endTime": "10:00"}]}

    assert desk.refusal("POST", BLOCKS, {**good, **given}) == (400, error, field)


def test_services(desk):
    category = desk.post("/serviceCategories", {"name": "Body & Mind", "location": MAIN})
    given = {
        "name": "Massage",
        "serviceType": "APPOINTMENT",
        "location": MAIN,
        "durationMinutes": 45,
        "categories": [{"id": category["id"]}],
        "staffs": [SAM],
        "sellingPrice": 60.5,
        "active": False,
        "advanceSettings": {"advanceBookingLimitDays": 30},
    }
    made = desk.post("/services", given)

    assert made == {
        **given,
        "id": made["id"],
        "location": {"id": "locMain001", "title": "Main Office"},
        "categories": [{"id": category["id"], "name": "Body & Mind"}],
        "staffs": [{"id": "stfSam0001", "name": "Sam Field"}],
        "type": "LOCATION_VISIT",
    }
    assert desk.get(f"/services/{made['id']}") == made
    changed = desk.put(f"/services/{made['id']}", {"costPrice": 5, "durationMinutes": 50})
    assert changed == {**made, "costPrice": 5, "durationMinutes": 50}
    assert [each["name"] for each in desk.get("/services")] == ["Massage", "Yoga"]
    for query in ("serviceType=CLASS", "searchText=yo"):
        assert [each["id"] for each in desk.get(f"/services?{query}")] == ["srvYoga001"]
    assert desk.get("/services?locationId=locWest002") == []
    desk.delete(f"/serviceCategories/{category['id']}")
    assert desk.get(f"/services/{made['id']}")["categories"] == []
    desk.delete(f"/services/{made['id']}")
    assert desk.refusal("GET", f"/services/{made['id']}")[1] == "Service not found"


@pytest.mark.parametrize(
    ("given", "error", "field"),
    [
        ({"name": None}, "name is required", "name"),
        ({"name": "  "}, "name is required", "name"),
        (
            {"serviceType": "TALK"},
            "serviceType must be one of APPOINTMENT, CLASS, ADD_ON",
            "serviceType",
        ),
        ({"durationMinutes": 0}, "durationMinutes is invalid", "durationMinutes"),
        ({"durationMinutes": "60"}, "durationMinutes must be a number", "durationMinutes"),
        ({"location": {"id": "no"}}, "Location not found", "location.id"),
        ({"categories": [{}]}, "categories must be an array of objects with id", "categories"),
        ({"categories": [{"id": "no"}]}, "Service category not found", "categories"),
        ({"staffs": [{"id": "no"}]}, "Staff not found", "staffs"),
        ({"active": "yes"}, "active must be a boolean", "active"),
        ({"sellingPrice": "1"}, "sellingPrice must be a number", "sellingPrice"),
    ],
)
def test_services_that_are_wrong(desk, given, error, field):
    assert desk.refusal("POST", "/services", {"name": "X", **given}) == (400, error, field)


@pytest.mark.parametrize(
    ("given", "error", "field"),
    [
        ({"location": {"id": "no"}}, "Location not found", "location.id"),
        ({"staffs": [{"id": "no"}]}, "Staff not found", "staffs"),
    ],
)
def test_services_are_not_changed_to_what_is_not_there(desk, given, error, field):
    before = desk.get("/services/srvYoga001")

    assert desk.refusal("PUT", "/services/srvYoga001", given) == (400, error, field)
    assert desk.get("/services/srvYoga001") == before


def test_categories(desk):
    made = desk.post("/serviceCategories", {"name": "Body & Mind", "slug": "x"})

    assert made == {
        "id": made["id"],
        "name": "Body & Mind",
        "slug": "body-mind",
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    filed = desk.post("/serviceCategories", {"name": "Other", "location": MAIN})
    assert desk.get(f"/serviceCategories/{filed['id']}") == filed
    assert desk.get("/serviceCategories?locationId=locMain001") == [filed]
    assert desk.get("/serviceCategories?searchText=mind") == [made]
    assert desk.refusal("POST", "/serviceCategories", {}) == (400, "name is required", "name")


def test_an_appointment_is_booked_and_told(desk):
    desk.subscribe("appointment_scheduled")
    made = desk.post(
        "/appointments",
        {**BOOKING, "location": MAIN, "timezone": "America/New_York", "notes": "n"},
    )
    desk.advance()

    assert made == {
        "id": made["id"],
        "location": {"id": "locMain001", "title": "Main Office"},
        "client": {
            "id": "cliMia0001",
            "fullName": "Mia Cole",
            "countryCode": "+1",
            "phone": "2025550120",
            "email": "",
        },
        "staff": {"id": "stfSam0001", "name": "Sam Field"},
        "date": "2026-06-02",
        "time": "04:39 PM",
        "timezone": "America/New_York",
        "startTimeUTC": "2026-06-02T20:39:00.000Z",
        "startTime": "2026-06-02T16:39:00.000Z",
        "endTimeUTC": "2026-06-02T21:39:00.000Z",
        "endTime": "2026-06-02T17:39:00.000Z",
        "service": {"id": "srvYoga001", "name": "Yoga", "durationMinutes": 60, "sellingPrice": 0},
        "addOnServices": [],
        "bookedFrom": "Admin Portal",
        "status": "Booked",
        "appointmentType": "LOCATION_VISIT",
        "notes": "n",
        "paymentStatus": "Unpaid",
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    [callback] = desk.callbacks
    assert callback["appointment"] == made
    assert callback["event"]["key"] == made["id"]
    assert desk.get(f"/appointments/{made['id']}") == made


def test_appointments_are_moved_and_cancelled(desk):
    desk.subscribe("appointment_scheduled", "appointment_rescheduled", "appointment_cancelled")
    made = desk.post("/appointments", BOOKING)
    moved = desk.post(
        "/appointments/reschedule",
        {"appointmentId": made["id"], "date": "2026-06-03", "time": "10:00"},
    )
    cancelled = desk.post(
        "/appointments/cancel", {"appointmentId": made["id"], "cancellationReason": "ill"}
    )
    desk.advance()

    assert (moved["date"], moved["time"], moved["status"]) == (
        "2026-06-03",
        "10:00 AM",
        "Rescheduled",
    )
    assert (cancelled["status"], cancelled["cancellationReason"]) == ("Cancelled", "ill")
    assert desk.events == [
        "appointment_scheduled",
        "appointment_rescheduled",
        "appointment_cancelled",
    ]
    again = {"appointmentId": made["id"]}
    assert desk.refusal("POST", "/appointments/cancel", again)[1] == (
        "Appointment is already cancelled"
    )
    again = {**again, "date": "2026-06-03", "time": "10:00"}
    assert desk.refusal("POST", "/appointments/reschedule", again)[1] == "Appointment is cancelled"


def test_updates_in_general_come_under_that_name_and_once(desk):
    desk.subscribe("appointment_updates")
    desk.subscribe("appointment_updates", "appointment_cancelled")
    made = desk.post("/appointments", BOOKING)
    desk.post("/appointments/cancel", {"appointmentId": made["id"]})
    desk.advance()

    assert sorted(desk.events) == [
        "appointment_cancelled",
        "appointment_updates",
        "appointment_updates",
        "appointment_updates",
    ]


def test_nobody_is_booked_twice_unless_wanted(desk):
    desk.post("/appointments", BOOKING)
    said = (400, "Time slot is not available", "time")

    assert desk.refusal("POST", "/appointments", {**BOOKING, "time": "05:00 PM"}) == said
    desk.post("/appointments", {**BOOKING, "time": "05:39 PM"})
    desk.post("/appointments", {**BOOKING, "overrideTimeSlotValidation": True})
    desk.post("/appointments", {**BOOKING, "staff": None})
    block = {"date": "2026-06-09", "slots": [{"startTime": "09:00", "endTime": "10:00"}]}
    desk.post(BLOCKS, block)
    blocked = {**BOOKING, "date": "2026-06-09", "time": "09:30"}
    assert desk.refusal("POST", "/appointments", blocked) == said


@pytest.mark.parametrize(
    ("path", "good", "given", "error", "field"),
    [
        ("", BOOKING, {"date": None}, "date is required", "date"),
        ("", BOOKING, {"time": None}, "time is required", "time"),
        ("", BOOKING, {"date": ""}, "date is required", "date"),
        ("", BOOKING, {"time": ""}, "time is required", "time"),
        ("", BOOKING, {"time": "25:00"}, "time is invalid", "time"),
        ("", BOOKING, {"time": 5}, "time must be a string", "time"),
        ("", BOOKING, {"date": "02/06/2026"}, "date must be an ISO 8601 date", "date"),
        ("", BOOKING, {"timezone": "Nowhere"}, "timezone is invalid", "timezone"),
        ("", BOOKING, {"client": {}}, "client.id is required", "client.id"),
        ("", BOOKING, {"client": {"id": "no"}}, "Client not found", "client.id"),
        ("", BOOKING, {"staff": {"id": "no"}}, "Staff not found", "staff.id"),
        ("", BOOKING, {"service": {"id": "no"}}, "Service not found", "service.id"),
        ("", BOOKING, {"location": {"id": "no"}}, "Location not found", "location.id"),
        (
            "",
            BOOKING,
            {"date": "9999-12-31", "time": "23:59"},
            "date must be an ISO 8601 date",
            "date",
        ),
        ("/reschedule", {}, {}, "appointmentId is required", "appointmentId"),
        ("/reschedule", {"appointmentId": "x"}, {}, "date is required", "date"),
        ("/cancel", {}, {}, "appointmentId is required", "appointmentId"),
        ("/cancel", {"appointmentId": "x"}, {}, "Appointment not found", "appointmentId"),
    ],
)
def test_appointments_that_are_wrong(desk, path, good, given, error, field):
    body = {**good, **given}
    assert desk.refusal("POST", f"/appointments{path}", body) == (400, error, field)


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("", "4 3 2"),
        ("startDate=2026-06-03", "4 3"),
        ("endDate=2026-06-03", "3 2"),
        ("staffId=stfSam0001", "4 3 2"),
        ("staffId=x", ""),
        ("clientId=cliNed0002", "4"),
        ("locationId=locMain001", "4"),
        ("limit=1&page=2", "3"),
    ],
)
def test_filters_of_appointments(desk, query, days):
    for day in (2, 3):
        desk.post("/appointments", {**BOOKING, "date": f"2026-06-0{day}"})
        desk.advance(1)
    desk.post("/appointments", {**BOOKING, "date": "2026-06-04", "client": NED, "location": MAIN})

    found = desk.get(f"/appointments?{query}")
    assert " ".join(each["date"][-1] for each in found) == days


def test_slots_are_those_that_are_free(desk):
    slots = "/appointments/slots?staffId=stfSam0001&serviceId=srvYoga001&date=2026-06-02"
    [day] = desk.get(slots)
    assert (day["date"], day["timezone"], len(day["slots"])) == ("2026-06-02", "UTC", 8)
    assert day["slots"][0] == {"startTime": "09:00 AM", "endTime": "10:00 AM"}

    desk.post("/appointments", {**BOOKING, "time": "09:30"})
    assert [slot["startTime"] for slot in desk.get(slots)[0]["slots"]][:2] == [
        "11:00 AM",
        "12:00 PM",
    ]
    three = desk.get(f"{slots}&nextThreeDays=true&timezone=Asia/Kolkata")
    assert [each["date"] for each in three] == ["2026-06-02", "2026-06-03", "2026-06-04"]
    assert three[1]["timezone"] == "Asia/Kolkata"
    today = desk.get("/appointments/slots?serviceId=srvYoga001")
    assert today[0]["slots"][0]["startTime"] == "10:00 AM"
    for name in ("date", "timezone"):
        assert desk.refusal("GET", f"/appointments/slots?{name}=x")[2] == name


def test_a_class_is_shown_whole(desk):
    shown = desk.get("/classes/clsYoga001")

    assert shown == {
        "id": "clsYoga001",
        "location": {"id": "locMain001", "title": "Main Office"},
        "staff": {"id": "stfSam0001", "name": "Sam Field"},
        "date": "2026-06-01",
        "time": "10:00 AM",
        "timezone": "UTC",
        "startTimeUTC": "2026-06-01T10:00:00.000Z",
        "startTime": "2026-06-01T10:00:00.000Z",
        "endTimeUTC": "2026-06-01T11:00:00.000Z",
        "endTime": "2026-06-01T11:00:00.000Z",
        "service": {"id": "srvYoga001", "name": "Yoga", "durationMinutes": 60, "sellingPrice": 0},
        "capacity": 10,
        "isOnlineClass": False,
        "onlineClassLink": "",
        "onlineClassPassCode": "",
        "advanceSettings": {
            "advanceClassBookingThresholdMinutes": 0,
            "cancelClassThresholdMinutes": 0,
        },
        "createdAt": "2026-01-01T00:00:30.000Z",
        "updatedAt": "2026-01-01T00:00:30.000Z",
    }


def test_class_may_end_when_no_calendar_has_another_day(desk):
    late = {"date": "9999-12-31", "time": "23:50", "timezone": "Pacific/Kiritimati"}

    made = desk.post("/classes", {**CLASS, **late})
    desk.load(classes=[{"id": "clsYoga001", **late, "timezone": "UTC", "durationMinutes": 5}])
    desk.load(classes=[{"id": "clsYoga001", "timezone": "Pacific/Kiritimati"}])

    assert (made["date"], made["endTimeUTC"]) == ("9999-12-31", made["endTime"])
    shown = desk.get("/classes/clsYoga001")
    assert (shown["date"], shown["time"]) == ("9999-12-31", "11:50 PM")


def test_classes_are_made_changed_and_deleted(desk):
    made = desk.post("/classes", {**CLASS, "capacity": 2, "isOnlineClass": True})
    assert (made["time"], made["capacity"], made["isOnlineClass"]) == ("09:00 AM", 2, True)
    changed = desk.put(f"/classes/{made['id']}", {"time": "11:30", "onlineClassLink": "l"})
    assert changed == {
        **made,
        "time": "11:30 AM",
        "startTimeUTC": "2026-06-02T11:30:00.000Z",
        "startTime": "2026-06-02T11:30:00.000Z",
        "endTimeUTC": "2026-06-02T12:30:00.000Z",
        "endTime": "2026-06-02T12:30:00.000Z",
        "onlineClassLink": "l",
    }
    assert [each["id"] for each in desk.get("/classes")] == [made["id"], "clsYoga001"]
    assert desk.get("/classes?startDate=2026-06-02")[0]["id"] == made["id"]
    assert len(desk.get("/classes?serviceId=srvYoga001&staffId=stfSam0001")) == 1
    desk.post(f"/classes/{made['id']}/participants/add", {"client": MIA})
    desk.delete(f"/classes/{made['id']}")
    assert len(desk.get("/classes/clients/cliMia0001/bookings")) == 1


def test_a_class_takes_as_long_as_it_was_made_for(desk):
    made = desk.post("/classes", CLASS)
    desk.put("/services/srvYoga001", {"durationMinutes": 90})

    assert desk.put(f"/classes/{made['id']}", {"capacity": 3})["endTime"] == made["endTime"]
    desk.delete("/services/srvYoga001")
    changed = desk.put(f"/classes/{made['id']}", {"time": "11:30"})
    assert changed["endTime"] == "2026-06-02T12:30:00.000Z"

    short = desk.post("/services", {"name": "Stretching", "durationMinutes": 15})
    changed = desk.put(f"/classes/{made['id']}", {"service": {"id": short["id"]}})
    assert changed["endTime"] == "2026-06-02T11:45:00.000Z"


@pytest.mark.parametrize(
    ("given", "error", "field"),
    [
        ({"service": None}, "service.id is required", "service.id"),
        ({"service": {"id": "no"}}, "Service not found", "service.id"),
        ({"date": None}, "date is required", "date"),
        ({"time": None}, "time is required", "time"),
        ({"capacity": 0}, "capacity is invalid", "capacity"),
        ({"capacity": "2"}, "capacity must be a number", "capacity"),
        ({"isOnlineClass": 1}, "isOnlineClass must be a boolean", "isOnlineClass"),
    ],
)
def test_classes_that_are_wrong(desk, given, error, field):
    assert desk.refusal("POST", "/classes", {**CLASS, **given}) == (400, error, field)


def test_participants_come_and_go_and_are_told(desk):
    desk.subscribe("class_participant_updates")
    id = desk.post("/classes", {**CLASS, "capacity": 1})["id"]
    path = f"/classes/{id}/participants"
    mia = desk.post(f"{path}/add", {"client": MIA})
    ned = desk.post(f"{path}/add", {"client": NED})
    ona = desk.post(f"{path}/add", {"client": {"id": "cliOna0003"}, "status": "WAITLISTED"})
    gone = desk.post(f"{path}/cancel", {"client": MIA})
    back = desk.post(f"{path}/add", {"client": MIA, "status": "BOOKED"})
    desk.advance()

    assert [each["status"] for each in (mia, ned, ona, gone, back)] == [
        "BOOKED",
        "WAITLISTED",
        "WAITLISTED",
        "CANCELLED",
        "BOOKED",
    ]
    assert mia["id"] == gone["id"] == back["id"]
    assert list(mia) == ["id", "class", "client", "status", "createdAt", "updatedAt"]
    assert mia["class"] == desk.get(f"/classes/{id}")
    assert {each["client"]["fullName"] for each in desk.get(path)} == {
        "Mia Cole",
        "Ned Frost",
        "Ona Blake",
    }
    told = [callback["participant"] for callback in desk.callbacks]
    assert told == [mia, ned, ona, gone, back]
    bookings = desk.get("/classes/clients/cliMia0001/bookings")
    assert {each["class"]["id"] for each in bookings} == {id, "clsYoga001"}


@pytest.mark.parametrize(
    ("action", "body", "error", "field"),
    [
        ("add", {}, "client.id is required", "client.id"),
        ("add", {"client": {"id": "no"}}, "Client not found", "client.id"),
        ("add", {"client": MIA}, "Client is already a participant", "client.id"),
        (
            "add",
            {"client": {"id": "cliOna0003"}, "status": "VISITED"},
            "status must be one of BOOKED, WAITLISTED",
            "status",
        ),
        ("cancel", {}, "client.id is required", "client.id"),
        ("cancel", {"client": {"id": "cliOna0003"}}, "Participant not found", "client.id"),
    ],
)
def test_participants_that_are_wrong(desk, action, body, error, field):
    path = f"/classes/clsYoga001/participants/{action}"
    assert desk.refusal("POST", path, body) == (400, error, field)


def test_a_full_class_takes_nobody_who_must_be_booked(desk):
    desk.load(classes=[{"id": "clsYoga001", "capacity": 1}])
    body = {"client": {"id": "cliOna0003"}, "status": "BOOKED"}

    assert desk.refusal("POST", "/classes/clsYoga001/participants/add", body) == (
        400,
        "Class is full",
        None,
    )
