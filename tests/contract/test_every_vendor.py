"""What must hold for every vendor, whoever adds one."""

from __future__ import annotations

import codecs
import gzip
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from emulator.core.lifecycle import OUTCOMES
from emulator.core.records import ENDPOINTS
from emulator.registry import PROVIDERS
from emulator.web.operations import LEVELS
from emulator.web.provider_app import ProviderApp
from emulator.web.routing import PARAMETER
from tests.contract.conftest import CHANNELS, SPEAKERS
from tests.contract.speaker import Speaker
from tests.world import FIXTURES, World

ADDRESSES = {"sms": "60123456789", "whatsapp": "60123456789", "email": "aisyah@example.com"}
DEFAULT = "/_emulator/sandboxes/default"


def items(world: World, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.call("GET", f"{DEFAULT}{path}").get_json()["items"]
    return found


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_operations_say_where_they_come_from(provider):
    served = list(ProviderApp(provider).served())

    assert served
    for operation in (found.operation for found in served):
        assert operation.source
        assert operation.evidence in LEVELS
        assert date.fromisoformat(operation.read_on).year >= 2024


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_operations_have_names_of_their_own(provider):
    places: dict[str, set[Any]] = {}
    for found in ProviderApp(provider).served():
        places.setdefault(found.operation.id, set()).add(found.view)

    assert {id: len(views) for id, views in places.items()} == dict.fromkeys(places, 1)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_unknown_paths_are_refused_in_the_vendors_shape(world, speaker: Speaker, method):
    answer = world.client.open(f"/{speaker.slug}/no/such/thing", method=method)

    assert answer.status_code == 404
    assert answer.mimetype == "application/json"
    assert "X-Emulator-Hint" in answer.headers
    assert "X-Emulator-Evidence" not in answer.headers
    [entry] = items(world, "/requests?matched=false")
    assert (entry["method"], entry["operation"]) == (method, None)


def test_unfinished_paths_are_told_what_lies_below(world):
    answer = world.call(
        "POST", "/whautomate/v1/messages", {}, headers={"x-api-key": "wh_test_key_a"}
    )

    hint = answer.headers["X-Emulator-Hint"]
    assert "POST /v1/messages/{channel}/sendtext" in hint
    assert "segments" not in hint


def test_unknown_sandboxes_are_refused_in_the_vendors_shape(world, speaker: Speaker):
    channel = next(iter(speaker.channels))
    answer = speaker.send(world, channel, ADDRESSES[channel], sandbox="nobody-made-it")

    assert answer.status_code == 404
    assert answer.mimetype == "application/json"
    assert "nobody-made-it" in answer.headers["X-Emulator-Hint"]


def test_keys_that_nobody_has_are_told_where_there_are_some(world, speaker: Speaker):
    channel = next(iter(speaker.channels))
    path, body = speaker.channels[channel]
    wrong = {name: f"{value}-wrong" for name, value in speaker.headers.items()}

    refused = world.call("POST", f"/{speaker.slug}{path}", body(ADDRESSES[channel]), headers=wrong)
    keyless = world.call("POST", f"/{speaker.slug}{path}", body(ADDRESSES[channel]))

    assert refused.status_code in (401, 403)
    hint = refused.headers["X-Emulator-Hint"]
    assert f"no account of {speaker.slug} has this key" in hint
    assert "wrong" not in hint
    assert world.call("GET", DEFAULT).status_code == 200
    assert f"GET {DEFAULT} " in hint
    [(name, value)] = speaker.headers.items()
    shown = f"{name}: {value.replace(value.split()[-1], 'KEY')}"
    assert f"needs the header {shown}; GET {DEFAULT} " in keyless.headers["X-Emulator-Hint"]


def test_used_up_limits_are_told_how_to_go_on(world, speaker: Speaker):
    limit = {"rate_limits": {speaker.slug: {"window": "1h", "limits": {"*": 1}}}}
    assert world.call("PATCH", f"{DEFAULT}/settings", limit).status_code == 200
    channel = next(iter(speaker.channels))
    passed = speaker.send(world, channel, ADDRESSES[channel])

    refused = speaker.send(world, channel, ADDRESSES[channel])
    assert (passed.status_code // 100, refused.status_code) == (2, 429)
    hint = refused.headers["X-Emulator-Hint"]
    path = hint.partition("POST ")[2].partition(" ")[0]
    assert world.call("POST", path, {}).status_code == 200
    again = speaker.send(world, channel, ADDRESSES[channel])
    setting = json.loads(hint[hint.index("{") : hint.rindex("}") + 1])
    assert world.call("PATCH", f"{DEFAULT}/settings", setting).status_code == 200
    last = speaker.send(world, channel, ADDRESSES[channel])

    assert again.status_code == last.status_code == passed.status_code


@pytest.mark.parametrize(
    ("spoil", "encoding", "said"),
    [
        (gzip.compress, "gzip", "the body is compressed (gzip); it is read as it comes"),
        (lambda raw: raw[:9] + b"\xe9" + raw[9:], None, "the body is not UTF-8: byte 9 is 0xe9"),
        (
            lambda raw: codecs.BOM_UTF8 + raw,
            None,
            "the body begins with a byte order mark; JSON is sent in UTF-8 without one",
        ),
    ],
    ids=["compressed", "latin-1", "marked"],
)
def test_unreadable_bodies_are_told_why(world, speaker: Speaker, spoil, encoding, said):
    channel = next(iter(speaker.channels))
    path, body = speaker.channels[channel]
    headers = {**speaker.headers, "Content-Type": "application/json; charset=utf-8"}
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    raw = spoil(json.dumps(body(ADDRESSES[channel])).encode())

    refused = world.client.post(f"/{speaker.slug}{path}", data=raw, headers=headers)
    control = world.client.post(
        f"{DEFAULT}/clock/advance", data=raw, content_type="application/json"
    )

    assert refused.status_code == control.status_code == 400
    assert refused.headers["X-Emulator-Hint"] == said
    assert control.get_json()["detail"] == f"not JSON: {said}"


def test_key_is_shown_as_the_sandbox_says(world, speaker: Speaker):
    """``Vendor.key_header`` is what clients of the control API go by."""
    there = world.call("GET", DEFAULT).get_json()["providers"][speaker.slug]
    key = there["accounts"][0]["keys"][0]["key"]
    headers = {name: form.replace("{key}", key) for name, form in there["auth"].items()}
    channel = next(iter(speaker.channels))
    path, body = speaker.channels[channel]

    sent = world.call("POST", f"/{speaker.slug}{path}", body(ADDRESSES[channel]), headers=headers)

    assert sent.status_code < 300, sent.text


@pytest.mark.parametrize("given", ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded"])
def test_bodies_that_are_not_said_to_be_json_are_pointed_out(world, speaker: Speaker, given):
    channel = next(iter(speaker.channels))
    path, body = speaker.channels[channel]
    headers = {**speaker.headers, "Content-Type": given}

    refused = world.client.post(
        f"/{speaker.slug}{path}", data=json.dumps(body(ADDRESSES[channel])), headers=headers
    )
    wrong = world.call("POST", f"/{speaker.slug}{path}", {"no": "such"}, headers=speaker.headers)

    assert refused.status_code in (400, 415, 422)
    assert refused.headers["X-Emulator-Hint"] == (
        f"the body looks like JSON, and it came as {given}; "
        "it needs the header Content-Type: application/json"
    )
    assert wrong.status_code in (400, 422)
    assert "X-Emulator-Hint" not in wrong.headers


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize(
    ("speaker", "channel"), CHANNELS, ids=[f"{s.slug}-{c}" for s, c in CHANNELS]
)
def test_every_outcome_reaches_its_end(world, speaker: Speaker, channel, outcome):
    rule = {"provider": speaker.slug, "outcome": outcome}
    assert world.call("PUT", f"{DEFAULT}/outcomes", {"rules": [rule]}).status_code == 200

    sent = speaker.send(world, channel, ADDRESSES[channel])
    ledger = world.call("POST", f"{DEFAULT}/clock/advance", {"by": "2d"}).get_json()

    assert sent.status_code < 300, sent.text
    assert ledger["reason"] == "target"
    [message] = items(
        world, f"/messages?provider={speaker.slug}&direction=out&to={sent_to(channel)}"
    )
    lifecycle = speaker.provider.vendor.lifecycle(channel)
    path = lifecycle.outcomes[outcome]
    assert message["outcome"] == outcome
    word = lifecycle.word(path[-1]) if path else message["history"][-1]["status"]
    assert message["status"] == word
    assert len(message["history"]) >= len(path)


def sent_to(channel: str) -> str:
    return ADDRESSES[channel].replace("@", "%40")


def send_under(world, speaker: Speaker, channel: str, conditions: dict[str, Any]) -> Any:
    """Return the message that is sent while a rule says that it shall be stuck."""
    rule = {"outcome": "stuck", **conditions}
    assert world.call("PUT", f"{DEFAULT}/outcomes", {"rules": [rule]}).status_code == 200
    assert speaker.send(world, channel, ADDRESSES[channel]).status_code < 300
    world.call("POST", f"{DEFAULT}/clock/advance", {"by": "1m"})
    found = items(world, f"/messages?provider={speaker.slug}&direction=out&to={sent_to(channel)}")
    return found[0]


@pytest.mark.parametrize(
    ("speaker", "channel"), CHANNELS, ids=[f"{s.slug}-{c}" for s, c in CHANNELS]
)
def test_every_condition_of_a_rule_counts(world, speaker: Speaker, channel):
    world.call("PATCH", f"{DEFAULT}/settings", {"rate_limits": {speaker.slug: False}})
    sent = send_under(world, speaker, channel, {"to": "1"})
    address = sent["to"].removeprefix("tel:").removeprefix("+")
    conditions: dict[str, tuple[Any, Any]] = {
        "provider": (speaker.slug, next(s.slug for s in SPEAKERS if s is not speaker)),
        "account": (sent["account"], "another"),
        "channel": (channel, "email" if channel != "email" else "sms"),
        "to": (sent["to"], f"{sent['to']}1"),
        "to_prefix": (address[:5], "99"),
        "to_suffix": (address[-5:], "99"),
        "to_pattern": (f"^{address[:3]}", "^99"),
        "text_pattern": (f"^{sent['text'][:4]}", "^Bye"),
        "nth": ([*range(2, 40)], 1),
    }
    if sent["template"] is not None:
        conditions["template"] = (sent["template"], "another")

    found = {
        name: [
            send_under(world, speaker, channel, {name: wanted})["outcome"] == "stuck"
            for wanted in pair
        ]
        for name, pair in conditions.items()
    }

    assert sent["outcome"] != "stuck"
    assert found == {name: [True, False] for name in conditions}


def test_replied_makes_an_inbound_message(world, speaker: Speaker):
    rule = {"provider": speaker.slug, "outcome": "replied", "reply": {"text": "Yes please"}}
    world.call("PUT", f"{DEFAULT}/outcomes", {"rules": [rule]})
    channel = next(iter(speaker.channels))
    speaker.send(world, channel, ADDRESSES[channel])

    world.call("POST", f"{DEFAULT}/clock/advance", {"by": "1d"})

    texts = [m["text"] for m in items(world, f"/messages?provider={speaker.slug}&direction=in")]
    assert "Yes please" in texts


def test_forks_go_their_own_way(world, speaker: Speaker):
    channel = next(iter(speaker.channels))
    for name in ("left", "right"):
        made = world.call("POST", "/_emulator/sandboxes", {"name": name, "from": "default"})
        assert made.status_code == 201
    before = world.call("GET", f"{DEFAULT}/messages").get_json()["total"]

    for name in ("left", "right"):
        speaker.send(world, channel, ADDRESSES[channel], sandbox=name)
        advance = f"/_emulator/sandboxes/{name}/clock/advance"
        world.call("POST", advance, {"by": "1d"})

    left, right = (
        world.call("GET", f"/_emulator/sandboxes/{name}/messages").get_json()
        for name in ("left", "right")
    )
    assert left == right
    assert left["total"] == before + 1
    assert world.call("GET", f"{DEFAULT}/messages").get_json()["total"] == before


def test_reset_takes_everything_back(world, speaker: Speaker):
    channel = next(iter(speaker.channels))
    before = world.call("GET", f"{DEFAULT}/messages").get_json()
    accounts = world.call("GET", f"{DEFAULT}/accounts").get_json()
    speaker.send(world, channel, ADDRESSES[channel])
    world.call("POST", f"{DEFAULT}/clock/advance", {"by": "1d"})

    assert world.call("POST", f"{DEFAULT}/reset").status_code == 200

    assert world.call("GET", f"{DEFAULT}/messages").get_json() == before
    assert world.call("GET", f"{DEFAULT}/accounts").get_json() == accounts
    assert world.call("GET", f"{DEFAULT}/requests").get_json()["total"] == 0


def test_empty_sandboxes_know_no_key(world, speaker: Speaker):
    channel = next(iter(speaker.channels))
    world.call("POST", f"{DEFAULT}/reset", {"to": "empty"})

    assert speaker.send(world, channel, ADDRESSES[channel]).status_code in (401, 403)


def test_instant_latency_finishes_within_the_request(world, speaker: Speaker):
    channel = next(iter(speaker.channels))
    world.call("PATCH", f"{DEFAULT}/settings", {"latency": "instant"})

    speaker.send(world, channel, ADDRESSES[channel])

    [message] = items(
        world, f"/messages?provider={speaker.slug}&direction=out&to={sent_to(channel)}"
    )
    vendor = speaker.provider.vendor
    lifecycle = vendor.lifecycle(channel)
    assert message["status"] == lifecycle.word(lifecycle.outcomes[vendor.default_outcome][-1])


@pytest.mark.parametrize(
    "error", ["not json", '{"a": NaN}', '{"a": "\\ud800"}', "\xff", "[" * 5000]
)
def test_bodies_that_cannot_be_read_are_the_clients_fault(world, speaker: Speaker, error):
    for path, _ in speaker.channels.values():
        answer = world.client.post(
            f"/{speaker.slug}{path}",
            data=error.encode("latin-1"),
            headers={**speaker.headers, "Content-Type": "application/json"},
        )

        assert 400 <= answer.status_code < 500
        assert answer.is_json


def test_bodies_over_the_limit_are_refused(world, speaker: Speaker):
    path, _ = next(iter(speaker.channels.values()))
    answer = world.client.post(
        f"/{speaker.slug}{path}",
        data=b" " * (32 * 1024 * 1024 + 1),
        headers={**speaker.headers, "Content-Type": "application/json"},
    )

    assert answer.status_code == 413
    assert answer.headers["X-Emulator-Hint"] == "the emulator takes bodies of up to 32 MiB"
    assert answer.is_json


@pytest.mark.parametrize("key", ["clé", "日本", " x", "x\0", ""])
def test_keys_are_such_that_a_header_can_carry_them(world, speaker: Speaker, key):
    [account, *_] = items(world, f"/accounts?provider={speaker.slug}")

    path = f"{DEFAULT}/accounts/{speaker.slug}/{account['id']}/keys"
    refused = world.call("POST", path, {"key": key})

    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["pointer"] == "/key"


@pytest.mark.parametrize("name", [[], {}, 5, ""])
def test_names_of_keys_are_text(world, speaker: Speaker, name):
    [account, *_] = items(world, f"/accounts?provider={speaker.slug}")

    path = f"{DEFAULT}/accounts/{speaker.slug}/{account['id']}/keys"
    refused = world.call("POST", path, {"name": name})

    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["pointer"] == "/name"


def test_endpoints_are_not_limited_to_channels_that_do_not_exist(world, speaker: Speaker):
    endpoint = {"provider": speaker.slug, "url": "http://127.0.0.1:9/", "channel": "nowhere"}

    answer = world.call("POST", f"{DEFAULT}/endpoints", endpoint)

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/channel"


@pytest.mark.parametrize("fixture", ["reference", "demo"])
def test_lists_are_asked_for_statuses_that_there_are(fixture):
    world = World(PROVIDERS, [json.loads((FIXTURES / f"{fixture}.json").read_text())])
    for provider in PROVIDERS:
        vendor = provider.vendor
        states = [vendor.lifecycle(channel) for channel in vendor.channels]
        words = {lifecycle.word(state) for lifecycle in states for state in lifecycle.states}
        assert words <= set(vendor.message_statuses)
        for path in ("messages", "broadcasts"):
            listed = items(world, f"/{path}?provider={vendor.slug}&limit=1000")
            for status in {item["status"]: None for item in listed}:
                query = f"/{path}?provider={vendor.slug}&status={status}&limit=1000"
                wanted = [item for item in listed if item["status"] == status]
                assert items(world, query) == wanted


def test_status_of_another_vendor_is_refused_where_one_is_named(world):
    found = world.call("GET", f"{DEFAULT}/messages?status=handled")
    refused = world.call("GET", f"{DEFAULT}/messages?status=handled&provider=teekrr")

    assert (found.status_code, refused.status_code) == (200, 422)


@pytest.mark.parametrize("path", ["messages", "broadcasts"])
def test_status_that_no_vendor_has_is_refused_with_the_nearest(world, speaker: Speaker, path):
    vendor = speaker.provider.vendor
    words = vendor.message_statuses if path == "messages" else vendor.broadcast_statuses
    word = max(words, key=len)
    misspelt = f"{word[1]}{word[0]}{word[2:]}"
    for query in (f"status={misspelt}", f"status={misspelt}&provider={speaker.slug}"):
        refused = world.call("GET", f"{DEFAULT}/{path}?{query}")

        assert refused.status_code == 422
        [error] = refused.get_json()["errors"]
        assert (error["pointer"], error["suggestion"]) == ("/status", word)


def paths_of_one(speaker: Speaker) -> list[tuple[str, str]]:
    """Return what can be asked for, or deleted, by an id alone: the end of the path."""
    served = ProviderApp(speaker.provider).served()
    paths = [
        (method, PARAMETER.sub("{}", found.path)) for found in served for method in found.methods
    ]
    return [
        (method, path)
        for method, path in paths
        if method in ("GET", "DELETE") and path.find("{}") == len(path) - 2
    ]


@pytest.mark.parametrize(
    "speaker", [s for s in SPEAKERS if paths_of_one(s)], ids=lambda speaker: speaker.slug
)
def test_records_of_others_are_as_good_as_none(world, speaker: Speaker):
    for channel in speaker.channels:
        assert speaker.send(world, channel, ADDRESSES[channel]).status_code < 300
    sandbox, vendor = world.sandbox, speaker.provider.vendor
    owner, *others = sorted(sandbox.store.table(vendor.accounts), key=lambda one: one.serial)
    tables = [sandbox.store.table(kind) for kind in (*vendor.kinds, ENDPOINTS)]
    ids = [one.id for table in tables for one in table if getattr(one, "account", "") == owner.id]
    name, form = vendor.key_header
    keys = {one.id: vendor.keys(sandbox, one)[0]["key"] for one in (owner, others[0])}

    found: dict[str, set[str]] = {owner.id: set(), others[0].id: set()}
    for stranger in (others[0], owner):
        headers = {name: form.replace("{key}", keys[stranger.id])}
        for method, path in paths_of_one(speaker):
            for id in ids:
                place = path.replace("{}", id)
                answer = world.call(method, f"/{speaker.slug}{place}", headers=headers)
                if answer.status_code < 300 and answer.get_json() not in ([], None):
                    found[stranger.id].add(f"{method} {path}")

    assert found[others[0].id] == set()
    assert found[owner.id], "its owner finds nothing, either: this test would never fail"


class Spy:
    """Stands for a record, and notes the fields that are read."""

    def __init__(self, record: Any, read: set[str]) -> None:
        self._record, self._read = record, read

    def __getattr__(self, name: str) -> Any:
        found = getattr(type(self._record), name, None)
        if isinstance(found, property) and found.fget is not None:
            return found.fget(self)
        self._read.add(name)
        return getattr(self._record, name)


def test_indexes_name_every_field_that_they_read(world):
    """What ``on`` does not name would leave a record at its old place when it changes."""
    unnamed = {}
    for table in world.sandbox.store.tables().values():
        kind = table.kind
        readers: list[tuple[str, frozenset[str], tuple[Any, ...]]]
        readers = [
            (f"lookup {name}", found.on, (found.keys,)) for name, found in kind.lookups.items()
        ]
        for name, found in kind.orders.items():
            readers.append((f"order {name}", found.on, (found.partitions, found.position)))
        for name, on, functions in readers:
            read: set[str] = set()
            for record in table.all():
                for places in (function(Spy(record, read)) for function in functions):
                    # Some read only while they are gone through.
                    list(places) if isinstance(places, Iterator) else places
            if extra := read - on - {"id", "serial"}:
                unnamed[f"{kind.name}, {name}"] = sorted(extra)

    assert unnamed == {}
