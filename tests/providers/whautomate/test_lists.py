"""Pages, their order, dates and searches."""

import pytest

from tests.providers.whautomate.desk import MAIN, NOW, hello, to_template

LISTS = [
    "/broadcasts",
    "/contacts",
    "/contactTags",
    "/clients",
    "/clientTags",
    "/segments",
    "/locations",
    "/messages/conAda0001",
    "/webhooks",
    "/staffs",
    "/staffs/stfSam0001/availabilityBlocks",
    "/services",
    "/serviceCategories",
    "/appointments",
    "/classes",
    "/classes/clsYoga001/participants",
    "/classes/clients/cliMia0001/bookings",
]


def ids(items):
    return [item["id"] for item in items]


@pytest.mark.parametrize("path", LISTS)
def test_lists_are_bare_arrays(desk, path):
    assert isinstance(desk.get(path), list)
    assert desk.get(f"{path}?page=1000&limit=1000") == []


def test_lists_begin_with_the_newest(desk):
    assert ids(desk.get("/contacts"))[:2] == ["conWes0008", "conJon0007"]
    assert ids(desk.get("/locations")) == ["locWest002", "locMain001"]
    assert ids(desk.get("/segments"))[0] == "segGoldCl4"


def test_of_one_moment_the_smallest_id_comes_first(desk):
    born = {"type": "contact", "createdAt": "2026-02-01T00:00:00Z"}
    names = ["b", "a", "B", "ab", "a-1", "a1"]
    desk.load(segments=[{"id": id, "name": id, **born} for id in names])

    assert ids(desk.get("/segments"))[:6] == sorted(names)


@pytest.mark.parametrize("limit", [1, 3, 8, 100])
def test_pages_hold_everything_once(desk, limit):
    everything = desk.get("/contacts")
    found, page = [], 1
    while items := desk.get(f"/contacts?limit={limit}&page={page}"):
        found += items
        page += 1

    assert found == everything
    assert len(everything) == 8


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 8),
        ("limit=2", 2),
        ("limit=2&page=4", 2),
        ("limit=3&page=3", 2),
        ("limit=0", 8),
        ("limit=-1", 8),
        ("limit=x", 8),
        ("limit=2.5", 8),
        ("limit=", 8),
        ("limit=5000", 8),
        ("limit=3&page=0", 3),
        ("limit=3&page=x", 3),
        ("limit=3&page=-2", 3),
        ("limit=3&page=99999999999999999999", 0),
        ("limit=99999999999999999999&page=1", 8),
        ("limit=3&page=00000000000000000003", 2),
        ("limit=3&page=999999999999", 0),
        ("offset=3&pageSize=1&status=x&search=Ada&from_date=2020-01-01", 8),
    ],
)
def test_limits_and_pages(desk, query, count):
    assert len(desk.get(f"/contacts?{query}")) == count


def test_a_page_has_a_hundred_unless_asked_and_a_thousand_at_most(desk):
    many = [{"id": f"many{at:04d}", "name": f"T {at}"} for at in range(1101)]
    desk.load(contactTags=many)

    assert len(desk.get("/contactTags")) == 100
    assert len(desk.get("/contactTags?limit=4000")) == 1000
    assert len(desk.get("/contactTags?limit=4000&page=2")) == 104
    assert len(desk.get("/contactTags?limit=700&searchText=t ")) == 700


@pytest.mark.parametrize("end", ["2026-05-06T10:00:00.123Z", "2026-05-06T12:00:00.123%2B02:00"])
def test_the_end_that_is_shown_is_included(desk, end):
    # Clocks that run are finer than what answers show.
    now = "2026-05-06T10:00:00.123456Z"
    desk.control("PUT", "/clock", {"mode": "manual", "now": now})
    client = desk.post("/clients", {"fullName": "Zoe", "primaryLocation": MAIN})
    message = to_template(contact={"id": "conAda0001"}, recepient=None)
    desk.post("/messages/whatsapp/sendtemplate", message)

    span = f"startDate=2026-05-06T10:00:00.123Z&endDate={end}"
    assert client["registrationDate"] == "2026-05-06T10:00:00.123Z"
    assert ids(desk.get(f"/clients?{span}")) == [client["id"]]
    assert len(desk.get(f"/messages/conAda0001?{span}")) == 1
    assert desk.get("/clients?endDate=2026-05-06T10:00:00.122Z&startDate=2026-05-06") == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("startDate=2026-05-08", "CB"),
        ("startDate=2026-05-08T09:30:00Z", "CB"),
        ("startDate=2026-05-08T09:30:00.001Z", "C"),
        ("startDate=2026-05-08T11:30:00%2B02:00", "CB"),
        ("startDate=2026-05-08T09:30:00", "CB"),
        ("endDate=2026-05-08", "DBA"),
        ("endDate=2026-05-08T09:29:59.999Z", "DA"),
        ("startDate=2026-05-07&endDate=2026-05-08", "BA"),
        ("startDate=2026-05-09&endDate=2026-05-07", ""),
        ("startDate=&endDate=", "DCBA"),
        ("searchText=offer b", "B"),
        ("searchText=OFFER", "DCBA"),
        ("searchText=%20", "DCBA"),
        ("locationId=locMain001", "CBA"),
        ("locationId=nowhere", ""),
        ("locationId=locMain001&searchText=a&startDate=2026-05-07", "A"),
    ],
)
def test_filters_of_broadcasts(desk, query, names):
    # The last one is a draft without a schedule: its creation counts.
    for name, day in (("A", "07"), ("B", "08"), ("C", "09")):
        schedule = f"2026-05-{day}T09:30:00Z"
        desk.post("/broadcasts", hello(name=f"Offer {name}", scheduleDateTime=schedule))
        desk.advance(1)
    desk.post("/broadcasts", {"name": "Offer D", "type": "client"})

    found = desk.get(f"/broadcasts?{query}")

    assert "".join(item["name"][-1] for item in found) == names


@pytest.mark.parametrize("path", ["/broadcasts", "/clients", "/messages/conAda0001"])
@pytest.mark.parametrize("name", ["startDate", "endDate"])
@pytest.mark.parametrize("value", ["yesterday", "2026-13-01", "2026-02-30", "20260501", "0"])
def test_dates_that_are_none(desk, path, name, value):
    said = (400, f"{name} must be an ISO 8601 date", name)
    assert desk.refusal("GET", f"{path}?{name}={value}") == said


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("searchText=main", ["locMain001"]),
        ("searchText=QUAY", []),
        ("limit=1&page=2", ["locMain001"]),
    ],
)
def test_locations(desk, query, found):
    assert ids(desk.get(f"/locations?{query}")) == found


def test_a_location_is_shown_whole(desk):
    assert desk.get("/locations/locMain001") == {
        "id": "locMain001",
        "title": "Main Office",
        "addressLine1": "1 Quay Street",
        "addressLine2": "",
        "city": "Portsea",
        "district": "Harbour",
        "postalCode": "00100",
        "phone": "+12025550100",
    }


@pytest.mark.parametrize(
    ("path", "known", "changes"),
    [
        ("/contacts", "conAda0001", {"name": "Ada King"}),
        ("/clients", "cliMia0001", {"fullName": "Mia King"}),
    ],
)
def test_a_list_shows_what_has_changed(desk, path, known, changes):
    def seen():
        lists = [desk.get(path) for _ in range(3)]
        assert lists[0] == lists[1] == lists[2]
        [listed] = [item for item in lists[0] if item["id"] == known]
        assert listed == desk.get(f"{path}/{known}")
        return listed

    before = seen()
    desk.put(f"{path}/{known}", changes)
    changed = seen()
    desk.load(locations=[{"id": "locMain001", "title": "Quayside"}])

    assert changed == {**before, **changes, "updatedAt": NOW}
    assert "Quayside" in str(seen())
    assert "Quayside" not in str(changed)


def test_logs_and_messages_of_one_person_are_not_mixed_up(desk):
    id = desk.run()["id"]
    logs, *_ = [desk.logs(id) for _ in range(3)]

    [sent, *_] = desk.get("/messages/conAda0001")

    assert sent["channel"] == "whatsApp"
    assert desk.logs(id) == logs
    assert logs[0]["broadcast"] == {"id": id, "name": "Hello VIPs"}
