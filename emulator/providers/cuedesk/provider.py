"""What core and the web are given of Cuedesk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import Blueprint

from emulator.core.durations import parse_duration
from emulator.core.errors import Misplaced
from emulator.core.late import late
from emulator.core.options import one_of
from emulator.core.vendor import Setting, Topic, Vendor
from emulator.web.operations import Unserved
from emulator.web.provider import Provider

from . import auth, errors, lifecycle, webhooks
from .records import BROADCASTS, CHANNEL, DOCS, KINDS, MESSAGES, SLUG, WORKSPACES

if TYPE_CHECKING:
    from . import answers, fixture, generator, receiving, soundness, views, writing
else:
    answers, fixture, generator, receiving, soundness, views, writing = late(
        __name__, "answers", "fixture", "generator", "receiving", "soundness", "views", "writing"
    )

MOST_PAUSES = 100
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")

_TAKEN = frozenset(
    ("connection", "content-length", "content-type", "host", "keep-alive", "transfer-encoding")
)
"""What callbacks say in a way of their own: a signature there would be lost, or do harm."""


def _header_name(value: Any) -> str:
    if not isinstance(value, str) or not _HEADER.fullmatch(value):
        raise ValueError("Must be the name of a header")
    if value.lower() in _TAKEN:
        raise ValueError("Must be a header of its own: callbacks have this one for something else")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("Must be a string that is not empty")
    return value


def _reference_key(value: Any) -> str:
    if _name(value) in webhooks.STATUS_FIELDS:
        raise ValueError(f"Must be none of: {', '.join(webhooks.STATUS_FIELDS)}")
    return str(value)


def _pauses(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_PAUSES:
        raise ValueError(f"Must be a list of at most {MOST_PAUSES} durations")
    for at, pause in enumerate(value):
        try:
            parse_duration(pause)
        except ValueError as error:
            raise Misplaced(str(at), str(error)) from error
    return value


def _routes() -> Blueprint:
    from .routes import bp

    return bp


def _example(base_url: str, key: str) -> str:
    return f"curl -H 'Authorization: Bearer {key}' {base_url}/v1/contacts"


VENDOR = Vendor(
    slug=SLUG,
    rate_scopes=auth.PATHS,
    endpoint_channels=webhooks.channels_of,
    title="Cuedesk",
    kinds=KINDS,
    accounts=WORKSPACES,
    messages=MESSAGES,
    broadcasts=BROADCASTS,
    channels=(CHANNEL,),
    message_statuses=lifecycle.STATUSES,
    broadcast_statuses=lifecycle.STATES,
    lifecycle=lifecycle.of_channel,
    evolve=lifecycle.evolve,
    wait=lifecycle.wait,
    moved=lifecycle.moved,
    receive=receiving.receive,
    cancel=lifecycle.cancel,
    topics={
        lifecycle.START_TOPIC: Topic(lifecycle.start),
        lifecycle.EXPIRY_TOPIC: Topic(lifecycle.expire),
    },
    events=webhooks.EVENTS,
    sign=webhooks.sign,
    trigger=webhooks.trigger,
    retry=webhooks.retry,
    load=fixture.load,
    describe=fixture.describe,
    generate=generator.generate,
    sample=generator.sample,
    write=writing.write,
    account_part=fixture.account_part,
    account_of_key=auth.account_of_key,
    account_view=views.account,
    keys=auth.keys,
    flaws=soundness.flaws,
    make_key=auth.make_key,
    drop_key=auth.drop_key,
    message_view=views.message,
    broadcast_view=views.broadcast,
    settings={
        "signature_header": Setting("X-Cue-Signature", _header_name),
        "status_trigger": Setting(webhooks.STATUS, _name),
        "reference_key": Setting("clientRef", _reference_key),
        "retry_pauses": Setting([1, 2, 4, 8], _pauses),
        "missing_variable": Setting("skip", one_of("skip", "send_and_fail")),
    },
)

PROVIDER = Provider(
    vendor=VENDOR,
    blueprint=_routes,
    hosts=("api.cuedesk.com",),
    credential=auth.credential,
    admit=auth.admit,
    error_response=errors.to_response,
    faults=errors.FAULTS,
    late_faults=errors.LATE_FAULTS,
    example=_example,
    refusals={
        "invalid": lambda: errors.ValidationFailed(
            [errors.Violation("from", errors.REQUIRED, "Field required")]
        ),
    },
    complaints=answers.complaints,
    answers=(202,),
    unserved=tuple(
        Unserved(
            f"templates.{deed}",
            f"{DOCS}/template_management_api",
            "the page's paths could not be read; fixtures and the control API hold the templates",
        )
        for deed in ("create", "list", "get", "update", "delete")
    ),
)
