"""Fixtures, accounts, keys and inbound messages: the tester's side of Cuedesk."""

import copy
import json
import re

import pytest

import tests.world
from emulator.providers.cuedesk import PROVIDER
from tests.providers.cuedesk.desk import (
    CHANNEL,
    FROM,
    HOOK,
    LIST,
    SECRET,
    TO,
    Desk,
    newsletter,
    notice,
    reference,
    row,
)
from tests.world import FIXTURES, World

OTHER = "27827134468"
MAIN = "/accounts/cuedesk/ws_main"
EARLIER = "2024-06-01T08:00:00Z"
QUEUED = {"status": "queued", "at": "2024-06-01T09:00:00Z"}


def mistakes(desk, **workspace):
    document = {"emulator": 1, "cuedesk": {"workspaces": [{"id": "ws_main", **workspace}]}}
    answer = desk.control("POST", "/fixtures", document, 422)
    return [
        (error["pointer"].removeprefix("/cuedesk/workspaces/0"), error.get("suggestion"))
        for error in answer["errors"]
    ]


def without_times(account):
    shown = copy.deepcopy(account)
    for contact_list in shown["contactLists"]:
        for contact in contact_list["contacts"]:
            del contact["created_at"], contact["updated_at"]
    return shown


def test_accounts_are_shown_as_the_fixture_writes_them(desk):
    shown = desk.control("GET", "/accounts")["items"]

    wanted = reference()["cuedesk"]["workspaces"]
    assert [without_times(account) for account in shown] == [
        {"provider": "cuedesk", **workspace} for workspace in wanted
    ]


def test_what_is_shown_can_be_loaded_again(desk):
    desk.listen(name="Ours", channelUuid=CHANNEL)
    shown = desk.control("GET", MAIN)
    before = desk.stored()

    desk.merge(cuedesk={"workspaces": [{k: v for k, v in shown.items() if k != "provider"}]})

    assert desk.stored()[0] == before[0]


def test_the_reference_fixture_holds_the_clock_of_all():
    world = World([PROVIDER], [tests.world.reference("cuedesk")])

    assert world.sandbox.clock.now().isoformat() == "2026-05-06T10:00:00+00:00"


def test_the_empty_fixture_has_a_key_that_works():
    document = json.loads((FIXTURES / "empty.json").read_text())
    world = World([PROVIDER], [{"emulator": 1, "cuedesk": document["cuedesk"]}])
    headers = {"Authorization": "Bearer cue_empty_token"}

    answer = world.call("GET", "/cuedesk/v1/contacts", headers=headers)

    assert answer.get_json()["contacts"] == []


def test_the_example_works(desk):
    assert PROVIDER.example("http://x/cuedesk", "cue_ci_token") == (
        "curl -H 'Authorization: Bearer cue_ci_token' http://x/cuedesk/v1/contacts"
    )


@pytest.mark.parametrize(
    ("workspace", "pointers"),
    [
        ({"nme": "x"}, [("/nme", "name")]),
        ({"name": 5}, [("/name", None)]),
        ({"channels": {}}, [("/channels", None)]),
        ({"channels": ["x"]}, [("/channels/0", None)]),
        ({"channels": [{"uuid": "x", "identifier": "1"}]}, [("/channels/0/uuid", None)]),
        ({"channels": [{"uuid": LIST}]}, [("/channels/0/identifier", None)]),
        ({"messages": [{"uuid": "m1", "identifier": TO}] * 2}, [("/messages/1/uuid", None)]),
        (
            {"channels": [{"identifier": "1", "type": "whatsap"}]},
            [("/channels/0/type", "whatsapp")],
        ),
        (
            {"channels": [{"uuid": LIST, "identifier": FROM}]},
            [("/channels/0/identifier", None)],
        ),
        (
            {"channels": [{"uuid": "ff03aa48-0000-4304-b53a-fe90f4b50002"}]},
            [("/channels/0/uuid", None)],
        ),
        ({"apiKeys": [{"token": " x"}]}, [("/apiKeys/0/token", None)]),
        ({"apiKeys": [{"token": "cue_other_token"}]}, [("/apiKeys/0/token", None)]),
        ({"apiKeys": [{"name": "x", "active": "yes"}]}, [("/apiKeys/0/active", None)]),
        ({"templates": [{"locale": "en"}]}, [("/templates/0/name", None)]),
        ({"templates": [{"name": "x"}]}, [("/templates/0/locale", None)]),
        (
            {"templates": [{"name": "x", "locale": "en", "status": "APROVED"}]},
            [("/templates/0/status", "APPROVED")],
        ),
        (
            {"templates": [{"name": "x", "locale": "en", "header": {"type": "gif"}}]},
            [("/templates/0/header/type", None)],
        ),
        (
            {"templates": [{"name": "x", "locale": "en", "header": {"parameters": 2}}]},
            [("/templates/0/header/parameters", None)],
        ),
        (
            {"templates": [{"name": "x", "locale": "en", "body": {"parameters": -1}}]},
            [("/templates/0/body/parameters", None)],
        ),
        (
            {"templates": [{"name": "x", "locale": "en", "buttons": [{"type": "URL"}]}]},
            [("/templates/0/buttons/0/index", None)],
        ),
        (
            {"templates": [{"name": "x", "locale": "en", "buttons": [{"index": 0}, {"index": 0}]}]},
            [("/templates/0/buttons/1/index", None)],
        ),
        (
            {"templates": [{"name": "x", "locale": "en", "cards": [{"index": 1}, {"index": 1}]}]},
            [("/templates/0/cards/1/index", None)],
        ),
        (
            {
                "templates": [
                    {"name": "x", "locale": "en", "header": {"type": "none", "parameters": 1}}
                ]
            },
            [("/templates/0/header/parameters", None)],
        ),
        (
            {"templates": [{"name": "x", "locale": "en", "status": "approved"}]},
            [("/templates/0/status", "APPROVED")],
        ),
        (
            {"templates": [{"name": "x", "locale": "en", "cards": [{"index": 0, "body": 5}]}]},
            [("/templates/0/cards/0/body", None)],
        ),
        ({"contactLists": [{"uuid": 5}]}, [("/contactLists/0/uuid", None)]),
        (
            {"contactLists": [{"name": "x", "contacts": [{"phone": 5}]}]},
            [("/contactLists/0/contacts/0/phone", None)],
        ),
        (
            {"contactLists": [{"name": "x", "contacts": [{"custom_fields": {"a": []}}]}]},
            [("/contactLists/0/contacts/0/custom_fields", None)],
        ),
        ({"webhooks": [{"url": "ftp://x"}]}, [("/webhooks/0/url", None)]),
        (
            {"webhooks": [{"url": HOOK, "trigger": "message_status"}]},
            [("/webhooks/0/trigger", "message_status_update")],
        ),
        ({"webhooks": [{"url": HOOK, "channelUuid": "x"}]}, [("/webhooks/0/channelUuid", None)]),
        ({"webhooks": [{"url": HOOK, "channelUuid": LIST}]}, [("/webhooks/0/channelUuid", None)]),
        (
            {"broadcasts": [{"template": "plain_notice", "channel": "44700"}]},
            [("/broadcasts/0/channel", None)],
        ),
        (
            {"messages": [{"identifier": TO, "status": "read", "history": [QUEUED]}]},
            [("/messages/0/history", None)],
        ),
        (
            {"messages": [{"identifier": TO, "history": [QUEUED, {**QUEUED, "at": EARLIER}]}]},
            [("/messages/0/history", None)],
        ),
        (
            {"messages": [{"identifier": TO, "history": [{**QUEUED, "status": "reed"}]}]},
            [("/messages/0/history", None)],
        ),
    ],
)
def test_mistakes_in_fixtures_are_pointed_at(desk, workspace, pointers):
    before = desk.stored()

    assert mistakes(desk, **workspace) == pointers

    assert desk.stored() == before


def test_what_one_workspace_has_no_other_gets(desk):
    desk.load(broadcasts=[{"uuid": "b-1", "template": "plain_notice"}])
    person = {"uuid": "c0000000-0000-4000-8000-000000000001", "phone": TO}
    workspace = {
        "id": "ws_other",
        "contactLists": [{"uuid": LIST, "name": "Mine"}, {"name": "New", "contacts": [person]}],
        "broadcasts": [{"uuid": "b-1", "template": "plain_notice"}],
    }
    before = desk.stored()

    part = {"emulator": 1, "cuedesk": {"workspaces": [workspace]}}
    refused = desk.control("POST", "/fixtures", part, 422)

    assert [
        (e["pointer"].removeprefix("/cuedesk/workspaces/0"), e["message"])
        for e in refused["errors"]
    ] == [
        ("/contactLists/0/uuid", "Workspace 'ws_main' has this list"),
        ("/contactLists/1/contacts/0/uuid", "Workspace 'ws_main' has this contact"),
        ("/broadcasts/0/uuid", "Workspace 'ws_main' has this broadcast"),
    ]
    assert desk.stored() == before


@pytest.mark.parametrize(
    "part", [{"workspaces": {}}, {"workspace": []}, {"workspaces": ["x"]}, {"outcomeRules": []}]
)
def test_a_part_of_another_form_is_refused(desk, part):
    desk.control("POST", "/fixtures", {"emulator": 1, "cuedesk": part}, 422)


def test_merging_changes_fields_and_removes_nothing(desk):
    desk.load(
        name="Renamed",
        channels=[{"uuid": CHANNEL, "identifier": "447000000000"}],
        apiKeys=[{"name": "ci", "active": False}, {"token": "cue_new"}],
        templates=[
            {
                "name": "product_carousel_template",
                "locale": "en",
                "category": "UTILITY",
                "cards": [{"index": 1, "body": {"text": "{{1}}", "parameters": 1}}],
            }
        ],
        contactLists=[
            {
                "name": "Subscribers",
                "contacts": [{"phone": TO, "last_name": None, "custom_fields": {"a": 1}}],
            }
        ],
    )

    shown = desk.control("GET", MAIN)

    assert shown["name"] == "Renamed"
    assert shown["channels"] == [
        {"uuid": CHANNEL, "type": "whatsapp", "identifier": "447000000000"}
    ]
    assert [(key["name"], key["active"]) for key in shown["apiKeys"][:2]] == [
        ("ci", False),
        ("old", False),
    ]
    assert shown["apiKeys"][2]["token"] == "cue_new"
    template = shown["templates"][-1]
    assert (template["category"], template["status"]) == ("UTILITY", "APPROVED")
    assert [card["body"]["parameters"] for card in template["cards"]] == [2, 1]
    assert template["cards"][1]["buttons"] == template["cards"][0]["buttons"]
    [subscribers] = shown["contactLists"]
    alex = subscribers["contacts"][0]
    assert (subscribers["uuid"], len(subscribers["contacts"])) == (LIST, 2)
    assert (alex["first_name"], alex["last_name"], alex["custom_fields"]) == (
        "Alex",
        None,
        {"a": 1},
    )


def test_what_is_left_out_is_drawn_or_usual(desk):
    body = {
        "name": "New",
        "apiKeys": [{}],
        "channels": [{"identifier": "+447000000001"}],
        "templates": [
            {"name": "t", "locale": "en", "header": {"type": "image"}, "body": {"text": "{{2}}"}}
        ],
        "contactLists": [{"contacts": [{"phone": TO}]}],
        "webhooks": [{"url": HOOK}],
    }

    made = desk.control("POST", "/accounts/cuedesk", body, 201)

    assert made["id"].startswith("ws_")
    assert made["apiKeys"][0]["token"].startswith("cue_")
    assert len(made["apiKeys"][0]["token"]) == 44
    assert made["channels"][0]["identifier"] == "447000000001"
    assert made["templates"][0]["header"] == {"type": "image", "parameters": 1}
    assert made["templates"][0]["body"] == {"text": "{{2}}", "parameters": 2}
    assert made["contactLists"][0]["contacts"][0]["uuid"][14] == "4"
    assert made["webhooks"][0]["trigger"] is None


def test_an_account_of_the_control_api_sends(desk):
    template = {"name": "plain_notice", "locale": "en", "body": {"text": "Closed"}}
    account = {"id": "new", "channels": [{"identifier": "4470001"}], "templates": [template]}
    desk.control("POST", "/accounts/cuedesk", account, 201)
    key = desk.control("POST", "/accounts/cuedesk/new/keys", {"name": "main"}, 201)["key"]
    body = notice(**{"from": "4470001"})

    sent = desk.post("/v2/broadcasts", body, key).status_code
    desk.control("DELETE", "/accounts/cuedesk/new/keys/main", status=204)
    refused = desk.post("/v2/broadcasts", body, key).status_code

    assert (sent, refused) == (202, 401)


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"name": "ci"}, 422),
        ({"name": "x", "key": "cue_other_token"}, 422),
        ({"name": "x", "key": ""}, 422),
        ({"name": 5}, 422),
        ({"nam": "x"}, 422),
        ({"name": "x", "key": "mine"}, 201),
        ({}, 201),
    ],
)
def test_keys_are_made_with_care(desk, wish, status):
    answer = desk.control("POST", f"{MAIN}/keys", wish, status)

    if status == 201:
        assert desk.get("/v1/contacts", answer["key"]).status_code == 200


def test_a_key_that_is_not_there_cannot_be_deleted(desk):
    desk.control("DELETE", f"{MAIN}/keys/nothing", status=404)


def test_a_sandbox_shows_its_keys(desk):
    shown = desk.control("GET", "")["providers"]["cuedesk"]["accounts"]

    assert shown[0]["keys"] == [
        {"name": "ci", "key": "cue_ci_token", "active": True},
        {"name": "old", "key": "cue_old_token", "active": False},
    ]


def test_a_webhook_is_merged_by_its_destination(desk):
    desk.listen()
    desk.listen(active=False, secret="other")
    desk.listen("message_inbound")

    shown = desk.control("GET", MAIN)["webhooks"]

    assert [(w["trigger"], w["active"], w["secret"]) for w in shown] == [
        ("message_status_update", False, "other"),
        ("message_inbound", True, SECRET),
    ]


def test_an_inbound_message_is_shown(desk):
    received = desk.receive(OTHER, text="Hi", name="Jo")

    assert received["status"] == "received"
    assert (received["direction"], received["from"], received["to"]) == ("in", OTHER, FROM)
    assert received["contact"] == {
        "id": "c0000000-0000-4000-8000-000000000002",
        "name": "Jo",
    }
    assert received["native"]["content"] == {"text": "Hi"}
    assert received["outcome"] is None


def test_a_stranger_is_called_as_the_tester_says(desk):
    assert desk.receive("447000000009", text="Hi", name="Jo")["contact"] == {
        "id": None,
        "name": "Jo",
    }
    assert desk.receive("447000000008", text="Hi")["contact"] is None


SECOND = "ff03aa48-0000-4304-b53a-fe90f4b50077"


@pytest.mark.parametrize(
    ("wish", "account", "number"),
    [
        ({}, "ws_main", FROM),
        ({"account": "ws_other"}, "ws_other", "447700900999"),
        ({"to": "447700900999"}, "ws_other", "447700900999"),
        ({"to": "+447576209999"}, "ws_main", "447576209999"),
        ({"to": SECOND}, "ws_main", "447576209999"),
    ],
)
def test_a_message_comes_to_the_channel_meant(desk, wish, account, number):
    desk.load(channels=[{"uuid": SECOND, "identifier": "447576209999"}])

    received = desk.receive(text="Hi", **wish)

    assert (received["account"], received["to"]) == (account, number)


def test_a_message_comes_to_the_channel_that_last_wrote(desk):
    desk.load(channels=[{"uuid": SECOND, "identifier": "447576209999"}])
    desk.broadcast(newsletter(**{"from": SECOND}))
    desk.broadcast(newsletter(row(OTHER)))
    desk.advance(1)

    assert desk.receive(text="Hi")["to"] == "447576209999"
    assert desk.receive(OTHER, text="Hi")["to"] == FROM
    assert desk.receive(text="Hi", account="ws_other")["to"] == "447700900999"


def test_who_is_yet_to_write_has_not_written_last(desk):
    desk.load(channels=[{"uuid": SECOND, "identifier": "447576209999"}])
    desk.broadcast(newsletter(**{"from": SECOND, "scheduled_at": "2024-06-01T12:00:10Z"}))
    desk.broadcast(newsletter())
    desk.advance(5)
    assert desk.receive(text="Hi")["to"] == FROM

    # The one made first is the one sent last.
    desk.advance(10)
    assert desk.receive(text="Hi")["to"] == "447576209999"


def test_a_reply_goes_where_its_message_came_from(desk):
    desk.load(channels=[{"uuid": SECOND, "identifier": "447576209999"}])
    desk.broadcast(newsletter(**{"from": SECOND}))
    id = desk.message()["id"]
    desk.broadcast(newsletter())

    assert desk.receive(text="Hi", in_reply_to=id)["to"] == "447576209999"


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"from": "alex"}, "/from"),
        ({"from": TO, "to": "447000000000"}, "/to"),
        ({"from": TO, "account": "ws_other", "to": FROM}, "/to"),
        ({"from": TO, "account": "nobody"}, "/account"),
        ({"from": TO, "in_reply_to": "nothing"}, "/in_reply_to"),
        ({"from": TO, "media": ["https://x.test/a", "https://x.test/b"]}, "/media"),
    ],
)
def test_an_inbound_message_that_makes_no_sense_is_refused(desk, wish, pointer):
    before = desk.stored()
    answer = desk.control("POST", "/inbound", {"provider": "cuedesk", "text": "Hi", **wish}, 422)

    assert answer["errors"][0]["pointer"] == pointer
    assert desk.stored() == before


def test_inbound_messages_cannot_be_answered_or_pushed(desk):
    id = desk.receive(text="Hi")["id"]

    wish = {"provider": "cuedesk", "from": TO, "text": "x", "in_reply_to": id}
    desk.control("POST", "/inbound", wish, 422)
    desk.push("delivered", 409)


@pytest.mark.parametrize("workspaces", [[], [{"id": "bare"}]])
def test_without_a_channel_nothing_is_received(workspaces):
    world = World([PROVIDER], [{"emulator": 1, "cuedesk": {"workspaces": workspaces}}])

    body = {"provider": "cuedesk", "from": TO, "text": "Hi"}
    answer = world.call("POST", "/_emulator/sandboxes/default/inbound", body)

    assert answer.status_code == 409


def test_the_same_calls_give_the_same_ids():
    def run():
        desk = Desk()
        desk.broadcast(newsletter(row(), row(OTHER)))
        desk.advance()
        return desk.messages()

    assert run() == run()


def again(desk, id, **broadcast):
    desk.load(broadcasts=[{"uuid": id, **broadcast}])


@pytest.mark.parametrize(
    ("moment", "sent_at"),
    [
        ("2024-06-05T00:00:00Z", "2024-06-05T00:00:00.100000Z"),
        ("2024-06-02T00:00:00Z", "2024-06-02T00:00:00.100000Z"),
        ("2024-05-01T00:00:00Z", "2024-06-01T12:00:00.100000Z"),
        (None, "2024-06-01T12:00:00.100000Z"),
    ],
)
def test_a_broadcast_that_waits_starts_when_a_fixture_says_so(desk, moment, sent_at):
    id = desk.broadcast(notice(scheduled_at="2024-06-03T00:00:00Z"))

    again(desk, id, scheduled_at=moment, name="Moved")
    desk.advance()

    _, sent, _ = desk.message()["history"]
    seen = desk.seen(id)
    assert sent == {"status": "sent", "at": sent_at}
    assert (seen["scheduled_at"], seen["name"], seen["status"]) == (moment, "Moved", "completed")


def test_a_broadcast_is_under_way_at_its_new_time(desk):
    desk.rule("delivered", delays={"sent": "1h"})
    id = desk.broadcast(notice(scheduled_at="2024-06-03T00:00:00Z"))
    again(desk, id, scheduled_at="2024-06-02T00:00:00Z")

    states = []
    for moment in ("2024-06-01T23:59:59Z", "2024-06-02T00:00:00Z"):
        desk.advance(to=moment)
        states.append(desk.seen(id)["status"])

    assert states == ["scheduled", "processing"]


@pytest.mark.parametrize(
    ("end", "left"),
    [("2024-06-02T00:00:00Z", "expired"), ("2024-07-01T00:00:00Z", "sent"), (None, "sent")],
)
def test_what_is_not_delivered_expires_when_a_fixture_says_so(desk, end, left):
    desk.rule("stuck")
    id = desk.broadcast(notice(valid_until="2024-06-04T00:00:00Z"))
    desk.advance(by=1)

    again(desk, id, valid_until=end)
    desk.advance(to="2024-06-05T00:00:00Z")

    assert desk.message()["status"] == left
    assert desk.seen(id)["native"]["valid_until"] == end


def test_a_broadcast_that_waits_is_cancelled_by_a_fixture(desk):
    id = desk.broadcast(notice(scheduled_at="2024-06-03T00:00:00Z"))

    again(desk, id, status="cancelled")
    desk.advance()

    assert desk.statuses() == [["queued", "cancelled"]]
    assert desk.seen(id)["status"] == "cancelled"


def test_what_has_been_sent_stays_as_it_is_when_its_fixture_is_merged_again(desk):
    body = notice(scheduled_at="2024-06-03T00:00:00Z")
    id = desk.broadcast(body)
    desk.advance()
    before = desk.seen(id)

    again(desk, id, status="scheduled", scheduled_at="2024-06-20T00:00:00Z", channel=FROM)

    assert desk.seen(id) == before


@pytest.mark.parametrize(
    ("is_over", "change", "pointer"),
    [
        (False, {"status": "completed"}, "status"),
        (False, {"channel": "447700900111"}, "channel"),
        (True, {"status": "cancelled"}, "status"),
    ],
)
def test_what_a_broadcast_cannot_become_is_a_mistake(desk, is_over, change, pointer):
    desk.load(channels=[{"type": "whatsapp", "identifier": "447700900111"}])
    id = desk.broadcast(notice(scheduled_at="2024-06-03T00:00:00Z"))
    if is_over:
        desk.advance()
    before = desk.stored()

    [(where, _)] = mistakes(desk, broadcasts=[{"uuid": id, **change}])

    assert where == f"/broadcasts/0/{pointer}"
    assert desk.stored() == before


def test_a_message_of_another_workspace_is_left_alone(desk):
    message = {"uuid": "m1", "identifier": TO}
    desk.merge(cuedesk={"workspaces": [{"id": "ws_other", "messages": [message]}]})

    assert mistakes(desk, messages=[message]) == [("/messages/0/uuid", None)]


def test_a_number_that_no_place_can_have_is_plain_text(desk):
    text = f"{{{{{'9' * 5000}}}}} {{{{2}}}}"
    desk.load(templates=[{"name": "odd", "locale": "en", "body": {"text": text}}])

    template = {"name": "odd", "locale": "en", "body": {"payload_variables": ["a", "b"]}}
    desk.broadcast(notice(row(a="A", b="B"), template=template))

    assert desk.message()["text"] == text.replace("{{2}}", "B")


@pytest.mark.parametrize(
    ("text", "places"),
    [(" ".join(f"{{{{{n}}}}}" for n in range(1, 13)), 12), ("{{2}} {{1}} {{2}} {{ x", 2)],
)
def test_generated_messages_fill_all_places_of_their_template(desk, text, places):
    made = {"$generate": {"count": 1, "template": "long", "direction": "out"}}
    template = {"name": "long", "locale": "en", "body": {"text": text}}

    desk.load(templates=[template], messages=[made])

    [message] = desk.messages(direction="out")
    values = message["native"]["body"]
    assert len(values) == places
    assert message["text"] == re.sub(r"{{(\d+)}}", lambda n: values[int(n[1]) - 1], text)
