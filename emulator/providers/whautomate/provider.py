"""What core and the web are given of Whautomate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.core.late import late
from emulator.core.options import boolean, duration, short_duration
from emulator.core.vendor import Setting, Topic, Vendor
from emulator.web.provider import Provider

from . import auth, errors
from .kinds import ACCOUNTS, BROADCASTS, KINDS, MESSAGES
from .records import SLUG
from .routes import make_blueprint
from .topics import SEND_TOPIC, START_TOPIC
from .words import CHANNELS, EVENTS, STATES, STATUSES

if TYPE_CHECKING:
    from . import (
        account_view,
        answers,
        broadcasts,
        fixture,
        generator,
        lifecycle,
        receiving,
        sending,
        soundness,
        triggers,
        views,
        webhooks,
        writing,
    )
else:
    account_view, answers, broadcasts, fixture, generator, lifecycle = late(
        __name__, "account_view", "answers", "broadcasts", "fixture", "generator", "lifecycle"
    )
    receiving, sending, soundness, triggers, views, webhooks, writing = late(
        __name__, "receiving", "sending", "soundness", "triggers", "views", "webhooks", "writing"
    )


def _maybe(value: Any) -> bool | None:
    return None if value is None else boolean(value)


def _example(base_url: str, key: str) -> str:
    return f"curl -H 'x-api-key: {key}' {base_url}/v1/contacts"


VENDOR = Vendor(
    slug=SLUG,
    key_header=("x-api-key", "{key}"),
    title="Whautomate",
    kinds=KINDS,
    accounts=ACCOUNTS,
    messages=MESSAGES,
    broadcasts=BROADCASTS,
    channels=CHANNELS,
    message_statuses=STATUSES,
    broadcast_statuses=STATES,
    lifecycle=lifecycle.of_channel,
    evolve=lifecycle.evolve,
    moved=lifecycle.moved,
    receive=receiving.receive,
    cancel=broadcasts.cancel,
    topics={
        START_TOPIC: Topic(broadcasts.start),
        SEND_TOPIC: Topic(sending.send_due),
        # People answer in a way of their own: the vendor decides which message is meant.
        f"{SLUG}.reply": Topic(receiving.reply),
    },
    events=frozenset(EVENTS),
    sign=webhooks.sign,
    retry=webhooks.retry,
    told_of=webhooks.told_of,
    trigger=triggers.trigger,
    new_endpoint=webhooks.complete,
    load=fixture.load,
    describe=fixture.describe,
    generate=generator.generate,
    sample=generator.sample,
    write=writing.write,
    account_part=fixture.account_part,
    account_of_key=auth.account_of_key,
    account_view=account_view.account,
    keys=auth.keys,
    flaws=soundness.flaws,
    make_key=auth.RING.make,
    drop_key=auth.drop_key,
    message_view=views.message,
    broadcast_view=views.broadcast,
    default_outcome="read",
    settings={
        "reference_checks": Setting(True, boolean),
        "string_values": Setting(False, boolean),
        "opt_out_rule": Setting(None, _maybe),
        "pickup": Setting("1s", duration),
        "between_recipients": Setting("50ms", short_duration),
    },
)

PROVIDER = Provider(
    vendor=VENDOR,
    blueprint=make_blueprint,
    hosts=("api.whautomate.com", "api.in.whautomate.com"),
    credential=auth.credential,
    admit=auth.admit,
    error_response=errors.to_response,
    example=_example,
    refusals={"invalid": lambda: errors.Refused("name is required", "name")},
    complaints=answers.complaints,
    answers=(200,),
    finish=auth.finish,
    faults=errors.FAULTS,
    late_faults=frozenset({"template_rejected"}),
)
