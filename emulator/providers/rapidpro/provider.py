"""What core and the web are given of RapidPro."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint

from emulator.core.late import late
from emulator.core.options import one_of
from emulator.core.records import Attempt, Delivery
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Setting, Topic, Vendor
from emulator.web.provider import Provider

from . import accounts, auth, gateway, lifecycle, planned, throttle, webhooks
from .bodies import UnsupportedMedia
from .kinds import ALL, BROADCASTS, MESSAGES, WORKSPACES
from .urns import SCHEMES
from .validation import Invalid

if TYPE_CHECKING:
    from . import (
        answers,
        broadcasts,
        campaigns,
        docs_pages,
        erasing,
        fixture,
        flow_starts,
        flow_webhooks,
        flows,
        generator,
        guard,
        receiving,
        resthooks,
        runs,
        sendouts,
        soundness,
        triggering,
        trimming,
        views,
        writing,
    )
else:
    broadcasts, campaigns, erasing, flow_starts, flow_webhooks, flows, resthooks, runs = late(
        __name__,
        "broadcasts",
        "campaigns",
        "erasing",
        "flow_starts",
        "flow_webhooks",
        "flows",
        "resthooks",
        "runs",
    )
    docs_pages, guard, receiving, sendouts, triggering, trimming, views = late(
        __name__, "docs_pages", "guard", "receiving", "sendouts", "triggering", "trimming", "views"
    )
    answers, fixture, generator, soundness, writing = late(
        __name__, "answers", "fixture", "generator", "soundness", "writing"
    )


def _answered(sandbox: Sandbox, delivery: Delivery, attempt: Attempt) -> None:
    gateway.answered(sandbox, delivery, attempt)
    resthooks.answered(sandbox, delivery, attempt)
    flow_webhooks.answered(sandbox, delivery, attempt)


VENDOR: Final = Vendor(
    slug="rapidpro",
    key_header=("Authorization", "Token {key}"),
    rate_scopes=throttle.SCOPES,
    title="RapidPro",
    kinds=ALL,
    accounts=WORKSPACES,
    messages=MESSAGES,
    broadcasts=BROADCASTS,
    lifecycle=lifecycle.lifecycle_of,
    evolve=lifecycle.evolve,
    forced=lifecycle.forced,
    wait=lifecycle.wait,
    moved=gateway.moved,
    sign=webhooks.sign,
    addressed=receiving.addressed,
    receive=receiving.receive,
    cancel=sendouts.cancel,
    answered=_answered,
    endpoint_changed=resthooks.follow,
    calls_in_turn=True,
    trigger=triggering.trigger,
    load=fixture.load,
    describe=fixture.describe,
    generate=generator.generate,
    sample=generator.sample,
    write=writing.write,
    account_of_key=accounts.account_of_key,
    account_view=accounts.account_view,
    account_part=accounts.account_part,
    keys=accounts.keys,
    flaws=soundness.flaws,
    make_key=accounts.make_key,
    drop_key=accounts.drop_key,
    message_view=views.message_view,
    broadcast_view=sendouts.view,
    find_message=views.find_message,
    find_broadcast=sendouts.find,
    settings={"mode": Setting("compat", one_of("compat", "strict"))},
    topics={
        planned.BROADCAST: Topic(broadcasts.proceed),
        planned.READY: Topic(campaigns.make_ready),
        planned.FIRE: Topic(campaigns.fire),
        planned.ERASE: Topic(erasing.erase),
        planned.CLEAR: Topic(erasing.clear),
        planned.POPULATE: Topic(erasing.populate),
        planned.INTERRUPT: Topic(erasing.end_runs),
        planned.FLOW_START: Topic(flow_starts.proceed),
        planned.CALL: Topic(flows.answer_calls),
        planned.GO_ON: Topic(flows.go_on),
        # A wait that may go on for days keeps nobody from idling.
        planned.EXPIRE: Topic(runs.expire, holds_idle=False),
        planned.TRIM: Topic(trimming.trim, holds_idle=False),
    },
    message_statuses=(*lifecycle.OUTGOING, *lifecycle.INCOMING),
    broadcast_statuses=lifecycle.BROADCAST_STATES,
    channels=("sms", *sorted(map(lifecycle.channel_kind, SCHEMES - {"tel"}))),
)


def _routes() -> Blueprint:
    from .routes import make_blueprint

    return make_blueprint()


def example(base_url: str, key: str) -> str:
    """Return a command line that works."""
    return f"curl -H 'Authorization: Token {key}' {base_url}/api/v2/contacts.json"


PROVIDER: Final = Provider(
    vendor=VENDOR,
    blueprint=_routes,
    hosts=("rapidpro.io", "app.rapidpro.io", "textit.com", "textit.in"),
    credential=auth.credential,
    admit=guard.admit,
    error_response=docs_pages.respond,
    example=example,
    also_asks=frozenset({"format"}),
    refusals={
        "invalid": lambda: Invalid({"name": ["This field is required."]}),
        "unsupported_media": lambda: UnsupportedMedia("text/plain"),
    },
    complaints=answers.complaints,
    hint=docs_pages.hint,
    finish=guard.finish,
)
