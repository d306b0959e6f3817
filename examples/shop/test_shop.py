"""The shop against the emulator: what vendors, networks and people do to it."""

from __future__ import annotations

import pytest

PHONE = "60123456789"


@pytest.mark.parametrize("vendor", ["cuedesk", "teekrr", "whautomate", "rapidpro"])
def test_customer_is_told_through_each_vendor(open_shop, sandbox, vendor):
    shop = open_shop(vendor)

    shop.tell("17", PHONE)
    sandbox.advance(by="1m")

    message = sandbox.messages(provider=vendor, to=PHONE).one()
    assert message.status in ("delivered", "read")


@pytest.mark.parametrize("vendor", ["cuedesk", "teekrr"])
def test_callbacks_tell_the_shop(open_shop, sandbox, callback_sink, vendor):
    shop = open_shop(vendor)

    notice = shop.tell("17", PHONE)
    sandbox.advance(by="1m")

    assert notice.status == "delivered"
    assert all(received.signature_ok for received in callback_sink.received)


def test_shop_asks_where_it_is_not_told(open_shop, sandbox):
    shop = open_shop("rapidpro")
    notice = shop.tell("17", PHONE)
    sandbox.advance(by="1m")
    assert notice.status == "queued"

    shop.refresh()

    assert notice.status == "delivered"


def test_second_vendor_is_taken_when_a_message_fails(open_shop, sandbox):
    sandbox.outcome(
        "undelivered", provider="cuedesk", to=PHONE, error=("131026", "Not on WhatsApp")
    )
    shop = open_shop("cuedesk", "teekrr")

    shop.tell("17", PHONE)
    sandbox.advance(by="1m")

    assert [(n.vendor, n.status) for n in shop.of("17")] == [
        ("cuedesk", "failed"),
        ("teekrr", "delivered"),
    ]


@pytest.mark.parametrize("vendor", ["cuedesk", "teekrr"])
def test_duplicates_and_disorder_change_nothing(open_shop, sandbox, callback_sink, vendor):
    sandbox.outcome("undelivered", provider=vendor)
    shop = open_shop(vendor, "rapidpro", adversary={"duplicate": 1.0, "shuffle": True})

    shop.tell("17", PHONE)
    sandbox.advance(by="1m")

    assert len(callback_sink.received) > len(sandbox.callbacks())
    assert [notice.vendor for notice in shop.of("17")] == [vendor, "rapidpro"]


def test_callbacks_with_bad_signatures_are_refused(open_shop, sandbox, callback_sink):
    shop = open_shop("teekrr", adversary={"bad_signature": 1.0})

    notice = shop.tell("17", PHONE)
    sandbox.advance(by="1m")

    assert notice.status == "queued"
    assert {callback.attempts[0].status for callback in sandbox.callbacks()} == {401}


@pytest.mark.parametrize(
    "happening", [{"status": 503}, {"drop": "before"}, {"malformed": True}], ids=str
)
def test_shop_tries_again_when_the_vendor_stumbles(open_shop, sandbox, happening):
    sandbox.fault(provider="teekrr", path="/sms", times=1, **happening)
    shop = open_shop("teekrr")

    assert shop.tell("17", PHONE).vendor == "teekrr"

    assert len(sandbox.requests(provider="teekrr")) == 2


def test_next_vendor_is_taken_when_credit_is_used_up(open_shop, sandbox):
    sandbox.fault("insufficient_credit", provider="teekrr")
    shop = open_shop("teekrr", "rapidpro")

    assert shop.tell("17", PHONE).vendor == "rapidpro"


def test_nobody_is_told_where_all_vendors_are_down(open_shop, sandbox):
    sandbox.fault("server_error")
    shop = open_shop("cuedesk", "teekrr", "whautomate", "rapidpro")

    assert shop.tell("17", PHONE) is None


def test_failed_callback_is_sent_again_by_the_vendor(open_shop, sandbox, callback_sink):
    shop = open_shop("cuedesk")
    callback_sink.script([500, "drop"])

    notice = shop.tell("17", PHONE)
    sandbox.advance(by="1m")

    assert notice.status == "delivered"


def test_customer_who_says_stop_is_left_alone(open_shop, sandbox, callback_sink):
    shop = open_shop("cuedesk", "teekrr")

    sandbox.inbound("cuedesk", PHONE, "Stop")
    callback_sink.wait()

    assert shop.tell("17", PHONE) is None
    sandbox.messages(to=PHONE, direction="out").none()
