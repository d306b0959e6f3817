"""Fixtures: what is read, merged, shown and refused; keys that are made and revoked."""

from datetime import datetime

import msgspec
import pytest

from emulator.core import fixtures
from emulator.core.emulator import Wish
from emulator.core.errors import Invalid, NotFound, Problems
from tests.providers.teekrr.desk import HOOK, email, reference, scheduled, sms
from tests.world import FIXTURES


def problems_of(desk, client):
    with pytest.raises(Invalid) as caught:
        desk.load(teekrr={"clients": [client]})
    return [(problem.pointer, problem.suggestion) for problem in caught.value.problems]


def plain(value):
    return msgspec.json.decode(msgspec.json.encode(value))


def test_accounts_are_shown_as_the_fixture_wrote_them(desk):
    written = reference()["teekrr"]["clients"]
    for client in written:
        for key in client["apiKeys"]:
            for name in ("expiresAt", "revokedAt"):
                key[name] = key[name] and key[name].replace(".000Z", "Z")

    assert [plain(desk.account(client["id"])) for client in written] == written


def test_what_is_shown_can_be_loaded_again(desk):
    desk.listen()
    shown = plain(desk.account())

    desk.load(teekrr={"clients": [shown]})

    assert plain(desk.account()) == shown


def test_merging_changes_field_by_field_and_removes_nothing(desk):
    before = plain(desk.account())

    desk.load_client(
        billing={"creditBalance": 1},
        rates={"sms": 9},
        keywords=["NEW"],
        apiKeys=[{"key": "tk_sms", "name": "renamed"}, {"key": "tk_more", "name": "more"}],
        templates=[
            {"channel": "sms", "name": "draft_sms", "status": "approved"},
            {"channel": "whatsapp", "name": "bill_due", "body": {"text": "{{1}}"}},
        ],
    )

    after = plain(desk.account())
    assert after["billing"] == {**before["billing"], "creditBalance": 1}
    assert after["rates"] == {"sms": 9, "whatsapp": 35, "email": 2}
    assert after["keywords"] == ["NEW"]
    assert [key["name"] for key in after["apiKeys"]] == [
        "all", "all-2", "renamed", "revoked", "expired", "fixed-ip", "more"]  # fmt: skip
    assert after["apiKeys"][2]["scopes"] == ["send_sms"]
    assert after["templates"][2] == {**before["templates"][2], "status": "approved"}
    assert after["templates"][4]["body"] == {"text": "{{1}}", "variables": 2}
    assert after["subscriptions"] == before["subscriptions"]


def test_a_client_may_become_postpaid(desk):
    desk.load_client(billing={"mode": "postpaid", "cap": 500})

    assert desk.billing() == {"mode": "postpaid", "cap": 500, "accrued": 0}


def test_webhooks_go_to_the_endpoints_and_are_known_by_id_or_url(desk):
    desk.load_client(webhooks=[{"id": "ep-1", "url": HOOK, "events": ["failed"], "secret": "s"}])
    desk.load_client(webhooks=[{"url": HOOK, "active": False}])
    desk.load_client(webhooks=[{"id": "ep-1", "events": ["billed"]}])

    assert desk.account()["webhooks"] == [
        {"id": "ep-1", "url": HOOK, "events": ["billed"], "secret": "s", "active": False}
    ]


def test_an_endpoint_of_another_client_is_left_alone(desk):
    desk.load_client(webhooks=[{"id": "ep-1", "url": HOOK, "secret": "s"}])
    before = desk.stored()

    found = problems_of(desk, {"id": "postco", "webhooks": [{"id": "ep-1", "url": HOOK}]})

    assert found == [("/teekrr/clients/0/webhooks/0/id", None)]
    assert desk.stored() == before


def test_what_is_not_given_is_drawn(desk):
    desk.load(teekrr={"clients": [{"name": "New", "apiKeys": [{}], "webhooks": [{"url": HOOK}]}]})

    clients = list(desk.sandbox.store.table(desk.vendor.accounts))
    shown = desk.account(clients[-1].id)
    assert shown["name"] == "New"
    assert len(shown["apiKeys"][0]["key"]) == 43
    assert shown["apiKeys"][0]["key"].startswith("tk_")
    assert shown["webhooks"][0]["secret"]
    assert shown["subscriptions"] == {"sms": True, "whatsapp": True, "email": True}
    assert shown["waba"] == {"own": False, "platformDefaultEnabled": True}
    assert shown["rates"] == {"sms": 8, "whatsapp": 35, "email": 2}


@pytest.mark.parametrize(
    ("client", "pointer", "suggestion"),
    [
        ("acme", "", None),
        ({"id": "acme", "balling": {}}, "/balling", "billing"),
        ({"id": 5}, "/id", None),
        ({"id": "acme", "billing": []}, "/billing", None),
        (
            {"id": "acme", "billing": {"creditBalanse": 1}},
            "/billing/creditBalanse",
            "creditBalance",
        ),
        ({"id": "acme", "billing": {"creditBalance": -1}}, "/billing/creditBalance", None),
        ({"id": "acme", "billing": {"creditBalance": "10"}}, "/billing/creditBalance", None),
        ({"id": "acme", "billing": {"mode": "free"}}, "/billing/mode", None),
        ({"id": "acme", "rates": {"fax": 1}}, "/rates/fax", None),
        ({"id": "acme", "rates": {"sms": True}}, "/rates/sms", None),
        ({"id": "acme", "subscriptions": {"sms": 1}}, "/subscriptions/sms", None),
        ({"id": "acme", "waba": {"owned": True}}, "/waba/owned", "own"),
        ({"id": "acme", "keywords": "ACME"}, "/keywords", None),
        ({"id": "acme", "apiKeys": {}}, "/apiKeys", None),
        ({"id": "acme", "apiKeys": [5]}, "/apiKeys/0", None),
        ({"id": "acme", "apiKeys": [{"scope": []}]}, "/apiKeys/0/scope", "scopes"),
        ({"id": "acme", "apiKeys": [{"scopes": "send_sms"}]}, "/apiKeys/0/scopes", None),
        (
            {"id": "acme", "apiKeys": [{"scopes": ["send_sms", "send_smss"]}]},
            "/apiKeys/0/scopes/1",
            "send_sms",
        ),
        (
            {"id": "acme", "apiKeys": [{"ipWhitelist": ["10.0.0.1/8", "x"]}]},
            "/apiKeys/0/ipWhitelist/1",
            None,
        ),
        ({"id": "acme", "keywords": ["ACME", "ELEVENCHARS"]}, "/keywords/1", None),
        (
            {"id": "acme", "templates": [{"channel": "sms", "name": "n" * 513}]},
            "/templates/0/name",
            None,
        ),
        ({"id": "acme", "apiKeys": [{"expiresAt": "soon"}]}, "/apiKeys/0/expiresAt", None),
        ({"id": "acme", "apiKeys": [{"key": "k" * 513}]}, "/apiKeys/0/key", None),
        ({"id": "acme", "apiKeys": [{"key": "tk_post"}]}, "/apiKeys/0/key", None),
        ({"id": "acme", "templates": [{"name": "x"}]}, "/templates/0/channel", None),
        ({"id": "acme", "templates": [{"channel": "sms"}]}, "/templates/0/name", None),
        (
            {"id": "acme", "templates": [{"channel": "whatsapp", "name": "x", "content": "y"}]},
            "/templates/0/content",
            None,
        ),
        (
            {"id": "acme", "templates": [{"channel": "sms", "name": "x", "status": "approve"}]},
            "/templates/0/status",
            "approved",
        ),
        (
            {
                "id": "acme",
                "templates": [
                    {"channel": "whatsapp", "name": "x", "header": {"format": "gif"}},
                ],
            },
            "/templates/0/header/format",
            None,
        ),
        ({"id": "acme", "webhooks": [{"events": ["billed"]}]}, "/webhooks/0/url", None),
        (
            {"id": "acme", "webhooks": [{"url": HOOK, "events": ["bild"]}]},
            "/webhooks/0/events/0",
            "billed",
        ),
        ({"id": "acme", "webhooks": [{"url": HOOK, "account": "x"}]}, "/webhooks/0/account", None),
        (
            {"id": "acme", "messages": [{"recipient": "60123456789", "broadcastUuid": "none"}]},
            "/messages/0/broadcastUuid",
            None,
        ),
        (
            {"id": "acme", "messages": [{"recipient": "60123456789", "status": "read"}]},
            "/messages/0/status",
            None,
        ),
        (
            {
                "id": "acme",
                "messages": [
                    {
                        "recipient": "60123456789",
                        "status": "failed",
                        "history": [{"status": "pending", "at": "2026-05-06T09:00:00Z"}],
                    }
                ],
            },
            "/messages/0/history",
            None,
        ),
    ],
)
def test_mistakes_are_loud_and_change_nothing(desk, client, pointer, suggestion):
    before = desk.stored()

    assert problems_of(desk, client) == [(f"/teekrr/clients/0{pointer}", suggestion)]
    assert desk.stored() == before


def test_a_broadcast_of_another_client_is_left_alone(desk):
    desk.load_client(broadcasts=[{"broadcastUuid": "may", "campaignName": "May"}])
    before = desk.stored()

    found = problems_of(desk, {"id": "postco", "broadcasts": [{"broadcastUuid": "may"}]})

    assert found == [("/teekrr/clients/0/broadcasts/0/broadcastUuid", None)]
    assert desk.stored() == before


def test_messages_of_a_fixture_count_for_the_cap_of_a_postpaid_client(desk):
    message = {"broadcastUuid": "may", "recipient": "60123456789"}
    client = {
        "id": "later",
        "name": "Later",
        "billing": {"mode": "postpaid", "cap": 500},
        "rates": {"sms": 9},
        "broadcasts": [{"broadcastUuid": "may"}],
        "messages": [message, {**message, "status": "pending"}, {**message, "status": "failed"}],
    }

    desk.load(teekrr={"clients": [client]})

    assert desk.billing("later") == {"mode": "postpaid", "cap": 500, "accrued": 18}


def test_a_scheduled_mail_of_a_fixture_is_put_into_the_queue_first(desk):
    at = {"$now": "+2h"}
    mail = {"broadcastUuid": "may", "channel": "email", "scheduledAt": at}
    message = {"broadcastUuid": "may", "recipient": "a@b.example"}

    desk.load_client(broadcasts=[mail], messages=[message])
    desk.advance(3 * 3600)

    assert desk.statuses() == [["pending", "enqueued", "send", "delivered"]]


def test_mistakes_in_the_part_itself_are_loud(desk):
    for part, pointer in (
        ({"clients": [5]}, "/teekrr/clients/0"),
        ({"client": []}, "/teekrr/client"),
        ({"clients": {}}, "/teekrr/clients"),
        ({"outcomeRules": []}, "/teekrr/outcomeRules"),
    ):
        with pytest.raises(Invalid) as caught:
            desk.load(teekrr=part)
        assert caught.value.problems[0].pointer == pointer


def test_all_mistakes_are_listed(desk):
    client = {"id": "acme", "rates": {"sms": -1}, "apiKeys": [{"scopes": 1}], "templates": [{}]}

    assert len(problems_of(desk, client)) == 4


def test_a_key_is_made_and_revoked(desk):
    acme = desk.sandbox.store.table(desk.vendor.accounts).get("acme")
    with desk.sandbox.unit():
        made = desk.vendor.make_key(
            desk.sandbox, acme, {"name": "ci", "scopes": ["send_sms"]}, Problems()
        )

    assert desk.post("/sms", sms(), made["key"]).status_code == 202
    assert made in desk.vendor.keys(desk.sandbox, acme)
    with desk.sandbox.unit():
        desk.vendor.drop_key(desk.sandbox, acme, "ci")

    assert desk.post("/sms", sms(), made["key"]).json == {"message": "API key has been revoked"}
    with pytest.raises(NotFound):
        desk.vendor.drop_key(desk.sandbox, acme, "nothing")


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"name": "all"}, "/name"),
        ({"key": "tk_post"}, "/key"),
        ({"key": ["tk_post"]}, "/key"),
        ({"name": "x", "scope": []}, "/scope"),
    ],
)
def test_a_wish_for_a_key_can_be_mistaken(desk, wish, pointer):
    acme = desk.sandbox.store.table(desk.vendor.accounts).get("acme")

    with pytest.raises(Invalid) as caught:
        desk.vendor.make_key(desk.sandbox, acme, wish, Problems())

    assert caught.value.problems[0].pointer == pointer


def test_keys_lead_to_their_sandbox(desk):
    part = {"clients": [{"id": "b", "apiKeys": [{"key": "tk_b"}], "billing": {"creditBalance": 8}}]}
    made = desk.world.emulator.create(
        Wish(name="second", documents=({"emulator": 1, "teekrr": part},))
    )
    try:
        assert desk.post("/sms", sms(), "tk_b").status_code == 202
        assert len(made.store.table(desk.vendor.messages)) == 1
        assert desk.records() == []
    finally:
        desk.world.emulator.delete("second")


def test_two_sandboxes_of_one_seed_draw_the_same(desk):
    desk.rule("rejected", share=0.3)
    fork = desk.sandbox.fork("fork")
    seen = []
    for sandbox in (desk.sandbox, fork):
        desk.world.emulator._sandboxes["default"] = sandbox
        desk.send("/sms", sms(*(f"6012345{at:04d}" for at in range(50))))
        desk.advance()
        seen.append([(record.id, record.state, record.history) for record in desk.records()])

    assert seen[0] == seen[1]
    assert sum(state == "failed" for _, state, _ in seen[0]) == 15


def test_the_empty_fixture_has_one_client_and_key():
    document = fixtures.Library([FIXTURES]).read("empty")

    [client] = document["teekrr"]["clients"]
    assert [key["key"] for key in client["apiKeys"]] == ["tk_empty"]


LATER = "2026-05-07T02:30:00Z"


def again(desk, id, **broadcast):
    desk.load_client(broadcasts=[{"broadcastUuid": id, **broadcast}])


@pytest.mark.parametrize(
    ("moment", "enqueued_at"),
    [
        (LATER, LATER),
        ("2026-05-07T00:30:00Z", "2026-05-07T00:30:00Z"),
        ("2026-05-01T00:00:00Z", "2026-05-06T10:00:00Z"),
        (None, "2026-05-06T10:00:00Z"),
    ],
)
@pytest.mark.parametrize("make", [sms, email])
def test_a_broadcast_that_waits_goes_out_when_a_fixture_says_so(desk, make, moment, enqueued_at):
    path = "/sms" if make is sms else "/email"
    id = desk.send(path, scheduled(make()))

    again(desk, id, scheduledAt=moment, campaignName="Moved")
    desk.advance()

    [message], seen = desk.records(), desk.broadcast(id)
    step = next(step for step in message.history if step.state == "enqueued")
    assert step.at == datetime.fromisoformat(enqueued_at)
    assert seen.scheduled_at == (moment and datetime.fromisoformat(moment))
    assert (seen.name, seen.status) == ("Moved", "completed")


def test_a_broadcast_that_waits_is_cancelled_by_a_fixture(desk):
    before = desk.credit()
    id = desk.send("/sms", scheduled(sms("60123456789", "60198765432")))

    again(desk, id, status="cancelled")
    desk.advance()

    assert desk.statuses() == [["pending", "cancelled"]] * 2
    assert (desk.broadcast(id).status, desk.credit()) == ("cancelled", before)


def test_what_has_gone_out_stays_as_it_is_when_its_fixture_is_merged_again(desk):
    id = desk.send("/sms", scheduled(sms()))
    desk.advance()

    again(desk, id, status="scheduled", channel="sms", scheduledAt=LATER, campaignName="Old")

    seen = desk.broadcast(id)
    assert (seen.status, seen.counts, seen.name) == ("completed", {"delivered": 1}, "Old")
    assert seen.scheduled_at == datetime.fromisoformat("2026-05-07T01:30:00Z")


@pytest.mark.parametrize(
    ("is_over", "change", "pointer"),
    [
        (False, {"status": "completed"}, "status"),
        (False, {"status": "failed", "scheduledAt": LATER}, "status"),
        (False, {"channel": "email"}, "channel"),
        (True, {"status": "cancelled"}, "status"),
    ],
)
def test_what_a_broadcast_cannot_become_is_a_mistake(desk, is_over, change, pointer):
    id = desk.send("/sms", scheduled(sms()))
    if is_over:
        desk.advance()
    before = desk.stored()

    with pytest.raises(Invalid) as refused:
        again(desk, id, **change)

    [problem] = refused.value.problems
    assert problem.pointer == f"/teekrr/clients/0/broadcasts/0/{pointer}"
    assert desk.stored() == before


@pytest.mark.parametrize(
    ("text", "more", "variables", "names"),
    [
        ("{{2}} {{1}} {{2}}", {}, 2, []),
        ("{{code}} {{name}} {{code}}", {}, 0, ["code", "name"]),
        ("{{1}} {{code}}", {"namedParams": []}, 1, []),
        (f"{{{{{'9' * 5000}}}}} {{{{0}}}}", {}, 0, []),
        ("Hi", {}, 0, []),
    ],
)
def test_a_new_template_takes_the_values_that_its_text_shows(desk, text, more, variables, names):
    template = {"channel": "whatsapp", "name": "new", "body": {"text": text}, **more}
    desk.load_client(templates=[template])

    shown = plain(desk.account())["templates"][-1]
    assert (shown["body"], shown["namedParams"]) == ({"text": text, "variables": variables}, names)


def test_a_message_of_another_client_is_left_alone(desk):
    message = {"messageUuid": "m1", "recipient": "60123456789"}
    desk.load(teekrr={"clients": [{"id": "postco", "messages": [message]}]})

    assert problems_of(desk, {"id": "acme", "messages": [message]}) == [
        ("/teekrr/clients/0/messages/0/messageUuid", None)
    ]


def test_a_message_stands_in_its_list_once(desk):
    message = {"messageUuid": "m1", "recipient": "60123456789"}

    assert problems_of(desk, {"id": "acme", "messages": [message, message]}) == [
        ("/teekrr/clients/0/messages/1/messageUuid", None)
    ]
