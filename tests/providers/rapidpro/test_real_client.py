"""rapidpro-python, the vendor's own client, against a real server on a port of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from temba_client.exceptions import (
    TembaBadRequestError,
    TembaConnectionError,
    TembaHttpError,
    TembaNoSuchObjectError,
    TembaRateExceededError,
    TembaSerializationException,
    TembaTokenError,
)
from temba_client.v2 import TembaClient

from emulator.runtime.in_process import InProcessServer

LAKESIDE = "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01"
AMINA = "a1b2c3d4-0000-4000-8000-000000000001"
BAKARI = "a1b2c3d4-0000-4000-8000-000000000002"
CYNTHIA = "a1b2c3d4-0000-4000-8000-000000000003"
ESTHER = "a1b2c3d4-0000-4000-8000-000000000005"
MOTHERS = "7c3b6a10-52f7-4b6c-9a3e-1d2e3f4a5b01"
SMS = "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01"

Connect = Callable[..., TembaClient]


class Port:
    """A server that hands its requests to the application of the running test."""

    def __init__(self) -> None:
        self.application: Any = None
        self.server = InProcessServer(self)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.application(environ, start_response)


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    port = Port()
    yield port
    port.server.close()


@pytest.fixture
def connect(port: Port, rapidpro: Any) -> Connect:
    """Return a function that makes clients, by token."""
    port.application = rapidpro.world.client.application

    def client(token: str = "rp_token_admin", prefix: str = "") -> TembaClient:
        return TembaClient(f"{port.server.url}{prefix}/rapidpro", token)

    return client


@pytest.fixture
def client(connect: Connect) -> TembaClient:
    return connect()


# --- Reading


def test_the_workspace(client):
    org = client.get_org()

    assert (org.uuid, org.name, org.country) == (LAKESIDE, "Lakeside Health", "KE")
    assert (org.languages, org.primary_language) == (["eng", "swa"], "eng")
    assert (org.timezone, org.date_style, org.anon) == ("Africa/Nairobi", "day_first", False)


def test_contacts(client):
    contacts = client.get_contacts().all()
    amina = client.get_contacts(uuid=AMINA).first()

    assert len(contacts) == 6
    assert (amina.name, amina.language, amina.status) == ("Amina Yusuf", "swa", "active")
    assert amina.urns == ["tel:+254722000111", "telegram:99120045"]
    assert amina.fields["due_date"] == "2026-06-01T00:00:00+03:00"
    assert [group.name for group in amina.groups] == ["Mothers", "Parents"]
    assert isinstance(amina.modified_on, datetime)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"urn": "tel:+254722000222"}, ["Bakari Mwangi"]),
        ({"urn": "telegram:99120045"}, ["Amina Yusuf"]),
        ({"group": "Mothers"}, ["Cynthia Njeri", "Amina Yusuf"]),
        ({"group": MOTHERS, "reverse": True}, ["Amina Yusuf", "Cynthia Njeri"]),
        ({"group": "Nobody"}, []),
        ({"deleted": True}, []),
        ({"before": datetime(2026, 5, 6, 9, 59, 54, tzinfo=UTC)}, ["Amina Yusuf"]),
        ({"after": datetime(2026, 5, 6, 9, 59, 59, tzinfo=UTC)}, [None]),
    ],
)
def test_contacts_by_filters(client, filters, names):
    assert [contact.name for contact in client.get_contacts(**filters).all()] == names


def test_channels(client):
    bot, line = client.get_channels().all()

    assert (line.uuid, line.name, line.address) == (SMS, "Lakeside SMS", "+254700100200")
    assert (line.country, line.device, line.last_seen) == ("KE", None, None)
    assert bot.name == "Lakeside Bot"
    assert client.get_channels(address="lakesidebot").first().uuid == bot.uuid
    assert client.get_channels(uuid=SMS).first().name == "Lakeside SMS"


def test_fields_globals_groups_and_labels(client):
    assert [field.key for field in client.get_fields().all()] == ["village", "children", "due_date"]
    assert client.get_fields(key="children").first().type == "number"
    assert client.get_globals(key="clinic_phone").first().value == "+254700100200"
    assert client.get_groups(name="mothers").first().uuid == MOTHERS
    parents = client.get_groups(name="Parents").first()
    assert (parents.query, parents.count, parents.status) == ("children > 0", 2, "ready")
    assert [label.name for label in client.get_labels().all()] == ["Praise", "Complaint"]
    assert client.get_labels(name="praise").first().count == 1


def test_messages(client):
    (message,) = client.get_messages(folder="inbox").all()

    assert (message.text, message.direction, message.status) == ("Thank you", "in", "handled")
    assert (message.contact.uuid, message.channel.uuid) == (AMINA, SMS)
    assert [label.name for label in message.labels] == ["Praise"]
    assert client.get_messages(uuid=message.uuid).first().text == "Thank you"
    assert client.get_messages(folder="sent").all() == []
    assert client.get_messages(after=message.created_on).first().uuid == message.uuid


# --- Writing


def test_a_contact_comes_changes_and_goes(client):
    made = client.create_contact(
        name="Fatma Noor",
        language="swa",
        urns=["tel:0722 000 777"],
        fields={"children": "3"},
        groups=["Mothers"],
    )
    changed = client.update_contact(made, name="Fatma Said", fields={"village": "Westend"})
    by_urn = client.update_contact("tel:+254722000777", language="eng", groups=[])

    assert made.urns == ["tel:+254722000777"]
    assert sorted(group.name for group in made.groups) == ["Mothers", "Parents"]
    assert (changed.name, changed.fields["village"]) == ("Fatma Said", "Westend")
    assert (by_urn.language, [group.name for group in by_urn.groups]) == ("eng", ["Parents"])

    client.delete_contact(made)

    assert client.get_contacts(uuid=made.uuid).first() is None
    assert client.get_contacts(uuid=made.uuid, deleted=True).first().name is None


def test_a_contact_is_deleted_by_its_urn(client):
    client.delete_contact("tel:+254722000222")

    assert client.get_contacts(uuid=BAKARI).first() is None


def test_fields_and_globals_are_made_and_changed(client):
    field = client.create_field(name="Blood Group", type="text")
    renamed = client.update_field(field, name="Blood Type", type="text")
    phone = client.create_global(name="Help Line", value="+254711")
    changed = client.update_global(phone, value="+254722")

    assert (field.key, renamed.key, renamed.name) == ("blood_group", "blood_group", "Blood Type")
    assert (phone.key, changed.value) == ("help_line", "+254722")


def test_groups_and_labels_come_change_and_go(client):
    group = client.create_group(name="Nurses")
    label = client.create_label(name="Question")

    assert client.update_group(group, name="All Nurses").name == "All Nurses"
    assert client.update_label(label, name="Open Question").name == "Open Question"

    client.delete_group(group)
    client.delete_label(label)

    assert client.get_groups(uuid=group.uuid).first() is None
    assert client.get_labels(uuid=label.uuid).first() is None


def test_contacts_join_and_leave_a_group(client):
    client.bulk_add_contacts([AMINA, "tel:+254722000444"], group="Staff")
    joined = {contact.name for contact in client.get_contacts(group="Staff").all()}
    client.bulk_remove_contacts([BAKARI], group="Staff")
    left = {contact.name for contact in client.get_contacts(group="Staff").all()}

    assert joined == {"Amina Yusuf", "Bakari Mwangi", "Daudi Kim"}
    assert left == {"Amina Yusuf", "Daudi Kim"}


def test_contacts_are_blocked_freed_interrupted_and_deleted(client):
    client.bulk_block_contacts([AMINA])
    client.bulk_unblock_contacts([ESTHER])
    client.bulk_interrupt_contacts([BAKARI, CYNTHIA])

    amina = client.get_contacts(uuid=AMINA).first()
    assert (amina.status, amina.groups) == ("blocked", [])
    assert client.get_contacts(uuid=ESTHER).first().status == "active"

    client.bulk_delete_contacts([BAKARI, CYNTHIA])

    assert {c.uuid for c in client.get_contacts(deleted=True).all()} == {BAKARI, CYNTHIA}


def test_a_contacts_messages_are_archived(client):
    client.bulk_archive_contact_messages([AMINA])

    assert client.get_messages(folder="inbox").all() == []
    assert client.get_messages(folder="archived").first().visibility == "archived"


def test_a_message_is_sent_and_arrives(client, rapidpro):
    replies = [{"text": "Yes"}, {"text": "No"}]
    sent = client.create_message(
        BAKARI, text="Are you well?", attachments=[], quick_replies=replies
    )

    assert (sent.status, sent.direction, sent.sent_on) == ("queued", "out", None)
    assert [reply.text for reply in sent.quick_replies] == ["Yes", "No"]
    assert client.get_messages(folder="outbox").first().uuid == sent.uuid

    rapidpro.advance(60)

    (found,) = client.get_messages(folder="sent").all()
    assert (found.uuid, found.status) == (sent.uuid, "delivered")
    assert isinstance(found.sent_on, datetime)


def test_message_actions_take_numbers(client, rapidpro):
    number = rapidpro.one("messages")["id"]

    client.bulk_label_messages([number], label_name="Urgent")
    client.bulk_unlabel_messages([number], label="Praise")
    labelled = client.get_messages(folder="inbox").first()
    client.bulk_archive_messages([number])
    archived = client.get_messages(folder="archived").first()
    client.bulk_restore_messages([number])
    restored = client.get_messages(folder="inbox").first()
    client.bulk_delete_messages([number])

    assert [label.name for label in labelled.labels] == ["Urgent"]
    assert archived.uuid == restored.uuid == labelled.uuid
    assert client.get_messages().all() == []


def test_message_actions_do_nothing_about_messages_named_by_uuid(client):
    # The client sends UUIDs for message objects; the server knows integers only.
    message = client.get_messages().first()

    client.bulk_archive_messages([message])

    assert client.get_messages(folder="inbox").first().uuid == message.uuid


def test_a_broadcast_reaches_everybody_once(client, rapidpro):
    text = {"eng": "Hello @contact.first_name", "swa": "Habari @contact.first_name"}
    made = client.create_broadcast(
        text=text, contacts=[AMINA, BAKARI], groups=["Mothers"], urns=["tel:+254722000888"]
    )

    assert (made.status, made.text) == ("pending", text)
    assert made.urns == ["tel:+254722000888"]
    assert [group.name for group in made.groups] == ["Mothers"]

    rapidpro.advance(600)

    assert client.get_broadcasts(uuid=made.uuid).first().status == "completed"
    texts = {message.text for message in client.get_messages(folder="sent").all()}
    assert texts == {"Habari Amina", "Hello Bakari", "Hello Cynthia", "Hello "}


def test_a_broadcast_may_be_one_text(client):
    made = client.create_broadcast(text="Hello", contacts=[AMINA])

    assert made.text == {"eng": "Hello"}
    assert client.get_broadcasts(before=made.created_on).first().uuid == made.uuid


def test_flows_runs_and_starts(client, rapidpro):
    registration = next(flow for flow in client.get_flows().all() if flow.name == "Registration")
    start = client.create_flow_start(
        flow=registration,
        contacts=[AMINA],
        groups=["Staff"],
        urns=["tel:+254722000888"],
        restart_participants=False,
        exclude_active=True,
        params={"source": "kiosk"},
    )
    rapidpro.advance(60)

    assert (start.status, start.params, start.flow.uuid) == (
        "pending",
        {"source": "kiosk"},
        registration.uuid,
    )
    assert (start.restart_participants, start.exclude_active) == (False, True)
    assert client.get_flow_starts(uuid=start.uuid).first().status == "completed"
    flow = client.get_flows(uuid=registration.uuid, type="message", archived=False).first()
    assert (flow.expires, flow.runs.completed, flow.runs.active) == (720, 3, 0)
    assert flow.results[0].categories == ["English", "Swahili", "Other"]
    run = client.get_runs(flow=registration.uuid, reverse=True).first()
    assert (run.contact.uuid, run.start.uuid, run.exit_type) == (AMINA, start.uuid, "completed")
    assert run.values["language_choice"].category in flow.results[0].categories
    assert isinstance(run.path[0].time, datetime)
    assert client.get_runs(responded=True, after=run.modified_on).all() == []


def test_runs_without_paths_cannot_be_read(client, rapidpro):
    # The client asks for them and then cannot take the answer.
    client.create_flow_start(flow=client.get_flows().first(), contacts=[BAKARI])
    rapidpro.advance(60)

    with pytest.raises(TembaSerializationException, match="not a list"):
        client.get_runs(paths=False).all()


def test_resthooks_have_subscribers_and_events(client, rapidpro):
    subscriber = client.create_resthook_subscriber(
        resthook="new-visit", target_url="http://127.0.0.1:8000/visit"
    )
    flow = next(flow for flow in client.get_flows().all() if flow.name == "Registration")
    client.create_flow_start(flow=flow, contacts=[BAKARI])
    rapidpro.advance(60)

    assert client.get_resthooks().first().resthook == "new-visit"
    found = client.get_resthook_subscribers(id=subscriber.id, resthook="new-visit").first()
    assert (found.target_url, found.created_on) == (subscriber.target_url, subscriber.created_on)
    event = client.get_resthook_events(resthook="new-visit").first()
    assert event.data["contact"]["name"] == "Bakari Mwangi"

    client.delete_resthook_subscriber(subscriber)

    assert client.get_resthook_subscribers().all() == []


def test_definitions(client):
    flows = client.get_flows().all()

    export = client.get_definitions(flows=flows, campaigns=(), dependencies="none")

    assert export.version == "13"
    assert {flow["name"] for flow in export.flows} == {"Registration", "Survey"}
    assert (export.campaigns, export.triggers, export.fields, export.groups) == ([], [], [], [])


# --- Pages


@pytest.fixture
def many(rapidpro: Any) -> Any:
    """Return a driver of a workspace with 600 more contacts, all changed at one moment."""
    at = "2026-05-01T00:00:00Z"
    rapidpro.load(
        {
            "uuid": LAKESIDE,
            "contacts": [
                {"name": f"Person {n:03}", "created_on": at, "groups": ["Staff"]}
                for n in range(600)
            ],
        }
    )
    return rapidpro


def test_all_pages_hold_everybody_once(many, client):
    pages = list(client.get_contacts().iterfetches())

    names = [contact.name for page in pages for contact in page]
    assert [len(page) for page in pages] == [250, 250, 106]
    assert names[6:] == [f"Person {n:03}" for n in reversed(range(600))]


def test_pages_keep_filters_and_direction(many, client):
    pages = list(client.get_contacts(group="Staff", reverse=True).iterfetches())

    assert [len(page) for page in pages] == [250, 250, 101]
    assert pages[0][0].name == "Person 000"
    assert pages[2][-1].name == "Bakari Mwangi"


def test_reading_goes_on_where_a_cursor_was_kept(many, client):
    pages = client.get_contacts(group="Staff").iterfetches()
    first = next(pages)
    cursor = pages.get_cursor()

    rest = list(client.get_contacts(group="Staff").iterfetches(resume_cursor=cursor))

    assert [len(page) for page in rest] == [250, 101]
    everybody = [contact.uuid for page in (first, *rest) for contact in page]
    assert len(set(everybody)) == len(everybody) == 601


def test_the_last_page_has_no_cursor(many, client):
    pages = client.get_contacts().iterfetches()
    for _ in range(3):
        next(pages)

    assert pages.get_cursor() is None
    with pytest.raises(StopIteration):
        next(pages)


def test_newcomers_do_not_disturb_pages_that_are_being_read(many, client):
    pages = client.get_contacts().iterfetches()
    first = next(pages)
    client.create_contact(name="Newcomer")

    rest = [contact for page in pages for contact in page]

    assert len({contact.uuid for contact in (*first, *rest)}) == len(first) + len(rest) == 606


def test_pages_of_a_named_sandbox_lead_on_within_it(many, connect):
    client = connect(prefix="/s/default")

    assert len(client.get_contacts().all()) == 606


# --- Errors


def test_an_unknown_token_is_refused(connect):
    with pytest.raises(TembaTokenError):
        connect(token="nobody").get_contacts().all()


def test_an_unknown_object_is_not_found(client):
    with pytest.raises(TembaNoSuchObjectError):
        client.update_group("7c3b6a10-52f7-4b6c-9a3e-1d2e3f4a5bff", name="Nobody")


def test_mistakes_are_told_by_field(client):
    with pytest.raises(TembaBadRequestError) as caught:
        client.create_contact(name="x" * 65, groups=["Parents"])

    assert caught.value.errors == {
        "name": ["Ensure this field has no more than 64 characters."],
        "groups": ["Contact group must not be query based: Parents"],
    }


def test_a_system_group_stays(client):
    group = client.get_groups(name="Open Tickets").first()

    with pytest.raises(TembaTokenError):
        client.delete_group(group)


def test_too_many_requests_are_told_when_to_come_back(client, rapidpro):
    limit = {"window": "1h", "limits": {"v2": 3600, "v2.contacts": 2}}
    settings = {"rate_limits": {"rapidpro": limit}}
    rapidpro.call("PATCH", "/_emulator/sandboxes/default/settings", settings)
    client.get_contacts().first()
    client.get_contacts().first()

    with pytest.raises(TembaRateExceededError) as caught:
        client.get_contacts().first()

    assert caught.value.retry_after == 3600
    assert client.get_groups().first() is not None


def test_a_full_workspace_takes_no_more(client, rapidpro):
    labels = [{"name": f"Label {n}"} for n in range(248)]
    rapidpro.load({"uuid": LAKESIDE, "labels": labels})

    with pytest.raises(TembaHttpError, match="409"):
        client.create_label(name="One more")


def test_a_server_that_is_gone_cannot_be_reached(connect, client):
    client.get_org()
    gone = TembaClient("http://127.0.0.1:9/rapidpro", "rp_token_admin")

    with pytest.raises(TembaConnectionError):
        gone.get_org()


def test_workspaces_see_only_what_is_theirs(connect):
    other = connect(token="rp_token_other")

    assert [contact.name for contact in other.get_contacts().all()] == ["Olga"]
    with pytest.raises(TembaNoSuchObjectError):
        other.update_contact(AMINA, name="Mine")


# --- Campaigns, archives and places


def test_campaigns_and_events(client, rapidpro):
    (campaign,) = client.get_campaigns().all()
    (event,) = client.get_campaign_events(campaign=campaign).all()

    changed = client.update_campaign(campaign, name="Visits", group=MOTHERS)
    made = client.create_campaign_event(
        campaign=campaign,
        relative_to="created_on",
        offset=3,
        unit="days",
        delivery_hour=8,
        message={"eng": "Hi"},
    )
    rapidpro.advance(1)
    # The client leaves out the campaign here, which the newest server does not take.
    updated = client.update_campaign_event(
        made, relative_to="due_date", offset=1, unit="weeks", delivery_hour=-1, message="Hello"
    )
    client.delete_campaign_event(event)

    assert (campaign.archived, campaign.group.name) == (False, "Mothers")
    assert (changed.uuid, changed.name) == (campaign.uuid, "Visits")
    assert (event.relative_to.key, event.offset, event.unit) == ("due_date", -2, "weeks")
    assert (updated.uuid, updated.offset, updated.message) == (made.uuid, 1, {"eng": "Hello"})
    assert [each.uuid for each in client.get_campaign_events().all()] == [made.uuid]


def test_a_campaign_is_made(client):
    made = client.create_campaign(name="Staff days", group="Staff")

    assert client.get_campaigns(uuid=made.uuid).first().group.name == "Staff"


def test_archives(client):
    (archive,) = client.get_archives(type="message", period="monthly").all()

    assert (archive.start_date.isoformat()[:10], archive.record_count) == ("2026-03-01", 2)
    assert "/rapidpro/files/archives/" in archive.download_url


def test_boundaries(client):
    country, state = client.get_boundaries(geometry=True).all()

    assert (country.osm_id, country.level, country.parent) == ("192798", 0, None)
    assert (state.name, state.parent.osm_id, state.aliases) == ("Mombasa", "192798", [])


def test_classifiers(client, rapidpro):
    rapidpro.load({"uuid": LAKESIDE, "classifiers": [{"name": "Triage", "intents": ["dose"]}]})

    (classifier,) = client.get_classifiers().all()

    assert (classifier.type, classifier.intents) == ("wit", ["dose"])
