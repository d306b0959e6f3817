"""What core and the web are given of Teekrr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint

from emulator.core.late import late
from emulator.core.options import boolean
from emulator.core.vendor import Setting, Topic, Vendor
from emulator.web.provider import Provider

from . import auth, errors, hints, lifecycle, webhooks
from .records import CAMPAIGNS, CHANNELS, CLIENTS, KINDS, MESSAGES, SLUG

if TYPE_CHECKING:
    from . import answers, fixture, fixture_traffic, generator, soundness, triggers, views
else:
    answers, fixture, fixture_traffic, generator = late(
        __name__, "answers", "fixture", "fixture_traffic", "generator"
    )
    soundness, triggers, views = late(__name__, "soundness", "triggers", "views")


def _success_code(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 299:
        raise ValueError("Must be a status from 200 to 299")
    if value in (204, 205):
        raise ValueError("Must be a status that a body follows")
    return value


def _routes() -> Blueprint:
    from .routes import bp

    return bp


def _example(base_url: str, key: str) -> str:
    body = (
        '{"campaignName": "Hello", "type": "quick broadcast", '
        '"templateContent": "Hello", "recipients": ["60123456789"]}'
    )
    return (
        f"curl -X POST {base_url}/sms -H 'Authorization: Bearer {key}' "
        f"-H 'Content-Type: application/json' -d '{body}'"
    )


VENDOR = Vendor(
    slug=SLUG,
    title="Teekrr",
    kinds=KINDS,
    accounts=CLIENTS,
    messages=MESSAGES,
    broadcasts=CAMPAIGNS,
    channels=CHANNELS,
    message_statuses=lifecycle.STATUSES,
    broadcast_statuses=lifecycle.STATES,
    lifecycle=lifecycle.of_channel,
    evolve=lifecycle.evolve,
    moved=lifecycle.moved,
    receive=lifecycle.receive,
    cancel=lifecycle.cancel,
    topics={
        lifecycle.BOUNCE_TOPIC: Topic(lifecycle.bounce_softly),
        lifecycle.REPLY_TOPIC: Topic(lifecycle.reply),
    },
    events=webhooks.EVENTS,
    sign=webhooks.sign,
    trigger=triggers.trigger,
    load=fixture.load,
    describe=fixture.describe,
    generate=generator.generate,
    sample=generator.sample,
    write=fixture_traffic.write,
    account_part=fixture.account_part,
    account_of_key=auth.account_of_key,
    account_view=views.account,
    keys=auth.keys,
    flaws=soundness.flaws,
    make_key=fixture.make_key,
    drop_key=auth.drop_key,
    message_view=views.message,
    broadcast_view=views.broadcast,
    has_rate_limits=True,
    rate_scopes=auth.PATHS,
    settings={
        "success_codes": {
            "accepted": Setting(202, _success_code),
            "done": Setting(200, _success_code),
        },
        "trust_forwarded_for": Setting(False, boolean),
    },
)

PROVIDER = Provider(
    vendor=VENDOR,
    blueprint=_routes,
    hosts=("api.teekrr.com", "api.staging.teekrr.com", "staging-api.teekrr.com"),
    credential=auth.credential,
    admit=auth.admit,
    error_response=errors.to_response,
    example=_example,
    refusals={
        "invalid": lambda: errors.ValidationFailed([errors.NO_CAMPAIGN_NAME]),
    },
    complaints=answers.complaints,
    hint=hints.hint,
    faults=errors.FAULTS,
    late_faults=errors.LATE_FAULTS,
)
