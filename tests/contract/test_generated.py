"""What fixtures generate for the vendors: valid, plausible, in agreement with itself."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import jsonschema
import phonenumbers
import pytest

from emulator.core.describing import document as describe
from emulator.core.documents import write_document
from emulator.core.emulator import Emulator, Wish
from emulator.core.errors import Invalid
from emulator.core.fixtures import Library
from emulator.core.ledger import Goal
from emulator.core.outcomes import magic_of
from emulator.core.sandbox import Sandbox
from emulator.providers.teekrr.credit import ACCEPTED, WAITING
from emulator.registry import PROVIDERS
from tests.contract.conftest import CHANNELS, SPEAKERS
from tests.contract.speaker import Speaker
from tests.world import FIXTURES, RecordingSender

CLOCK = "2026-05-06T10:00:00Z"
VENDORS = {provider.slug: provider.vendor for provider in PROVIDERS}
SPEAKER = {speaker.slug: speaker for speaker in SPEAKERS}
SCHEMA = describe(list(VENDORS.values()))


def lists_of(slug: str) -> list[str]:
    """Return the names of all lists of objects of an account, as the schema has them."""
    accounts = SCHEMA["properties"][slug]["properties"][SPEAKER[slug].accounts]
    found = accounts["items"]["anyOf"][0]["$ref"].rpartition("/")[2]
    properties = SCHEMA["$defs"][found]["properties"]
    return [name for name, schema in properties.items() if "anyOf" in schema.get("items", {})]


def many(count: int, **fields: Any) -> list[Any]:
    return [{"$generate": {"count": count, **fields}}]


def load(slug: str, *accounts: Any, seed: int = 0, **more: Any) -> Sandbox:
    part = {slug: {SPEAKER[slug].accounts: list(accounts)}}
    emulator = Emulator(list(VENDORS.values()), RecordingSender(), Library([]))
    document = {"emulator": 1, "clock": CLOCK, **part, **more}
    return emulator.create(Wish(name="default", documents=(document,), seed=seed))


def whole(slug: str, count: int = 12, **lists: Any) -> dict[str, Any]:
    """Return an account whose lists are all generated."""
    return {**SPEAKER[slug].account, **{name: many(count) for name in lists_of(slug)}, **lists}


def records(sandbox: Sandbox) -> dict[str, list[Any]]:
    tables = sandbox.store.tables().items()
    return {name: sorted(table, key=lambda record: record.serial) for name, table in tables}


def messages(slug: str, sandbox: Sandbox) -> list[Any]:
    return sorted(sandbox.store.table(VENDORS[slug].messages), key=lambda m: m.serial)


each_vendor = pytest.mark.parametrize("slug", SPEAKER)


@each_vendor
def test_every_list_can_be_generated(slug):
    sandbox = load(slug, whole(slug), *many(2))

    accounts = sandbox.store.table(VENDORS[slug].accounts)
    assert len(accounts) == 3
    assert len(messages(slug, sandbox)) == 12
    for account in accounts:
        assert VENDORS[slug].keys(sandbox, account), "an account has a key to begin with"


@each_vendor
def test_generated_worlds_are_the_same_for_the_same_seed(slug):
    first, second = (records(load(slug, whole(slug))) for _ in range(2))

    assert first == second
    assert records(load(slug, whole(slug), seed=1)) != first


@each_vendor
def test_messages_stay_when_there_are_more_of_them(slug):
    def shown(count: int) -> list[Any]:
        sandbox = load(slug, whole(slug, 5, messages=many(count)))
        return [
            (m.address, m.state, m.history, m.direction, m.created_at)
            for m in messages(slug, sandbox)
        ]

    assert shown(30)[:10] == shown(10)


@each_vendor
def test_numbers_are_valid_in_the_country_of_the_account(slug):
    sandbox = load(slug, whole(slug, 60))

    numbers = {m.address for m in messages(slug, sandbox) if "@" not in m.address}
    assert len(numbers) > 20
    for number in numbers:
        parsed = phonenumbers.parse("+" + number.removeprefix("+"))
        assert phonenumbers.is_valid_number_for_region(parsed, SPEAKER[slug].country), number
        assert magic_of(number.removeprefix("+")) is None


@each_vendor
def test_histories_follow_the_lifecycle(slug):
    sandbox = load(slug, whole(slug, 20, messages=many(300)))

    found = messages(slug, sandbox)
    now = sandbox.clock.now()
    for message in found:
        history = message.history
        assert history[-1].state == message.state
        assert history[0].at == message.created_at
        assert all(before.at <= after.at for before, after in pairwise(history))
        assert history[-1].at <= now
        if message.direction == "out":
            steps = VENDORS[slug].lifecycle(message.channel).steps
            states = [step.state for step in history]
            assert all(step in steps for step in pairwise(states)), states
    assert len({message.state for message in found}) >= 3


@each_vendor
def test_broadcasts_agree_with_their_messages(slug):
    sandbox = load(slug, whole(slug, 4, messages=many(80)))

    vendor = VENDORS[slug]
    counts: dict[str, Counter[str]] = {}
    for message in messages(slug, sandbox):
        if message.broadcast is not None:
            counts.setdefault(message.broadcast, Counter())[message.state] += 1
    for broadcast in sandbox.store.table(vendor.broadcasts):
        view = vendor.broadcast_view(sandbox, broadcast)
        assert view.total in (sum(counts.get(broadcast.id, Counter()).values()), -1)


def test_messages_of_a_broadcast_go_to_its_group_in_its_words():
    workspace = whole(
        "rapidpro",
        0,
        groups=[{"name": "Mothers"}, {"name": "Fathers"}],
        contacts=many(200),
        broadcasts=[
            {
                "id": 7,
                "text": {"eng": "Hi @contact", "swa": "Jambo"},
                "groups": ["Mothers"],
                "status": "completed",
                "created_on": "2026-05-01T10:00:00Z",
            }
        ],
        messages=many(50, broadcast=7),
    )
    sandbox = load("rapidpro", workspace)

    tables = records(sandbox)
    [group] = [one for one in tables["rapidpro.groups"] if one.name == "Mothers"]
    contacts = {one.id: one for one in tables["rapidpro.contacts"]}
    found = messages("rapidpro", sandbox)
    assert all(group.id in contacts[message.contact].groups for message in found)
    assert len({message.contact for message in found}) == 50
    assert {m.text.partition(" ")[0] for m in found} == {"Hi", "Jambo"}
    assert tables["rapidpro.broadcasts"][0].total == 50


def test_credit_of_a_client_agrees_with_its_messages():
    sandbox = load("teekrr", whole("teekrr", 3, messages=many(100)))

    [client] = records(sandbox)["teekrr.clients"]
    found = messages("teekrr", sandbox)
    assert client.billing.spent == sum(m.rate for m in found if m.state in ACCEPTED)
    assert client.billing.reserved == sum(m.rate for m in found if m.state in WAITING)
    assert client.billing.spent > 0


@pytest.mark.parametrize(
    ("slug", "key"), [("teekrr", "broadcastUuid"), ("cuedesk", "broadcastUuid")]
)
def test_scheduled_broadcasts_go_out_at_their_time(slug, key):
    at = {"teekrr": "scheduledAt", "cuedesk": "scheduled_at"}[slug]
    id = {"teekrr": "broadcastUuid", "cuedesk": "uuid"}[slug]
    broadcast = {id: "8f14e45f-ceea-467f-a0e6-1c1d5a3f0001", at: {"$now": "+2h"}}
    account = whole(slug, 2, broadcasts=[broadcast], messages=many(6, **{key: broadcast[id]}))
    sandbox = load(slug, account)

    vendor = VENDORS[slug]
    before = vendor.broadcast_view(sandbox, next(iter(sandbox.store.table(vendor.broadcasts))))
    sandbox.engine.advance(Goal(by=timedelta(hours=3)))

    after = vendor.broadcast_view(sandbox, next(iter(sandbox.store.table(vendor.broadcasts))))
    assert (before.status, before.total) == ("scheduled", 6)
    assert (after.status, after.counts) == ("completed", {"delivered": 6})


@pytest.mark.parametrize("slug", ["teekrr", "cuedesk", "whautomate"])
def test_scheduled_broadcasts_are_generated_for_times_to_come(slug):
    sandbox = load(slug, whole(slug, 2, broadcasts=many(3, status="scheduled"), messages=[]))

    vendor = VENDORS[slug]
    made = [vendor.broadcast_view(sandbox, one) for one in sandbox.store.table(vendor.broadcasts)]
    times = [one.scheduled_at for one in made]
    days = [timedelta(days=n) for n in (1, 2, 3)]
    assert {one.status for one in made} == {"scheduled"}
    assert sorted(at for at in times if at) == [sandbox.clock.now() + by for by in days]


@pytest.mark.parametrize("slug", ["teekrr", "cuedesk"])
def test_what_is_scheduled_ends_as_the_rules_of_its_fixture_say(slug):
    at = {"teekrr": "scheduledAt", "cuedesk": "scheduled_at"}[slug]
    id = {"teekrr": "broadcastUuid", "cuedesk": "uuid"}[slug]
    broadcast = {id: "8f14e45f-ceea-467f-a0e6-1c1d5a3f0001", at: {"$now": "+2h"}}
    account = whole(slug, 2, broadcasts=[broadcast], messages=many(6, broadcastUuid=broadcast[id]))
    sandbox = load(slug, account, outcomes=[{"id": "half", "share": 0.5, "outcome": "rejected"}])

    sandbox.engine.advance(Goal(by=timedelta(hours=3)))

    assert Counter(m.state for m in messages(slug, sandbox)) == {"delivered": 3, "failed": 3}
    assert sandbox.outcomes.hits == {"half": 3}


def test_schema_in_the_repository_is_current():
    assert (FIXTURES / "schema.json").read_text(encoding="utf-8") == write_document(
        SCHEMA, "schema.json"
    ), "run: broadcast-emulator fixture schema -o fixtures/schema.json"


@pytest.mark.parametrize("name", ["reference", "demo", "empty"])
def test_shipped_fixtures_keep_to_the_schema(name):
    document = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))

    jsonschema.Draft202012Validator(SCHEMA).validate(document)


@each_vendor
def test_schema_knows_no_field_that_the_loader_refuses(slug):
    for name in lists_of(slug):
        fields: dict[str, Any] = dict.fromkeys(fields_of(slug, name), 0.5)
        if (slug, name) == ("teekrr", "templates"):
            # Which of its fields a template has depends on its channel.
            del fields["content"]
            fields["channel"] = "whatsapp"
        with pytest.raises(Invalid) as caught:
            load(slug, {**SPEAKER[slug].account, name: [fields]})
        assert [p.pointer for p in caught.value.problems if "Unknown" in p.message] == []


def fields_of(slug: str, name: str) -> list[str]:
    """Return the fields of the objects of a list, as the schema has them."""
    accounts = SCHEMA["properties"][slug]["properties"][SPEAKER[slug].accounts]
    account = SCHEMA["$defs"][accounts["items"]["anyOf"][0]["$ref"].rpartition("/")[2]]
    item = account["properties"][name]["items"]["anyOf"][0]["$ref"].rpartition("/")[2]
    return list(SCHEMA["$defs"][item]["properties"])


ODD: tuple[Any, ...] = ("odd", 5, [], {"a": 1}, "9999-12-31T23:59:59Z")


def mistakes(slug: str, account: Any) -> tuple[str, ...]:
    try:
        load(slug, account)
    except Invalid as error:
        return tuple(problem.pointer for problem in error.problems)
    return ()


@each_vendor
def test_odd_values_are_refused_or_taken_and_never_trip_anybody(slug):
    usual = whole(slug, 1)
    for name in lists_of(slug):
        for odd in ODD:
            fields = dict.fromkeys(fields_of(slug, name), odd)
            for listed in ([fields, *many(1)], many(1, **fields)):
                found = mistakes(slug, {**usual, name: listed})
                assert all(pointer.startswith(f"/fixture/{slug}/") for pointer in found)


def statuses(speaker: Speaker, channel: str) -> list[str]:
    lifecycle = speaker.provider.vendor.lifecycle(channel)
    words = {lifecycle.word(state) for state in lifecycle.states}
    return sorted(words - speaker.hidden | {speaker.received})


@pytest.mark.parametrize(
    ("speaker", "channel"), CHANNELS, ids=[f"{s.slug}-{c}" for s, c in CHANNELS]
)
def test_messages_come_in_every_status_by_the_way_that_leads_there(speaker, channel):
    slug, lifecycle = speaker.slug, speaker.provider.vendor.lifecycle(channel)
    wanted = speaker.of_channel(channel)
    for status in statuses(speaker, channel):
        sandbox = load(slug, whole(slug, 2, messages=many(12, status=status, **wanted)))
        for message in messages(slug, sandbox):
            states = [step.state for step in message.history]
            assert lifecycle.word(message.state) == status
            assert all(step in lifecycle.steps for step in pairwise(states)), states
            assert message.direction == ("in" if status == speaker.received else "out")


@each_vendor
def test_messages_begin_when_the_fixture_says(slug):
    said = {SPEAKER[slug].born: "2026-05-02T08:00:00Z"}
    lists = {SPEAKER[slug].broadcasts: [], "messages": many(40, **said)}
    sandbox = load(slug, whole(slug, 3, **lists))

    assert {f"{m.created_at:%dT%H}" for m in messages(slug, sandbox)} == {"02T08"}
    assert {f"{m.history[0].at:%dT%H}" for m in messages(slug, sandbox)} == {"02T08"}


@each_vendor
def test_messages_have_the_history_that_the_fixture_says(slug):
    speaker = SPEAKER[slug]
    steps = [{"status": speaker.ending, "at": "2026-05-02T08:00:00Z"}]
    lists = {speaker.broadcasts: [], "messages": many(9, history=steps, **speaker.outgoing)}

    found = messages(slug, load(slug, whole(slug, 3, **lists)))

    assert {(m.history[0].state, f"{m.created_at:%dT%H}") for m in found} == {
        (steps[0]["status"], "02T08")
    }


@pytest.mark.parametrize("slug", [slug for slug in SPEAKER if "webhooks" in lists_of(slug)])
def test_webhooks_stay_with_their_account(slug):
    account = {**SPEAKER[slug].account, "webhooks": many(1, id="ep-1")}

    with pytest.raises(Invalid) as caught:
        load(slug, {**account, "id": "first"}, {**account, "id": "second"})

    [problem] = caught.value.problems
    assert problem.pointer.startswith(f"/fixture/{slug}/{SPEAKER[slug].accounts}/1/webhooks/0")
    assert "'first'" in problem.message
