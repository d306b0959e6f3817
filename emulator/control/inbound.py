"""Messages from people's phones, sent by the tester."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response

from emulator.core.errors import Invalid, Problem
from emulator.core.records import Message
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Inbound
from emulator.web.bodies import json_response

from .bodies import Fields, Query, filled_text, json_body, one_of, text
from .context import IN_SANDBOX, the_sandbox
from .messages import find, settle, show

_URL = re.compile(r"[A-Za-z][\w.+/*-]*:\S")

bp = Blueprint("inbound", __name__, url_prefix=IN_SANDBOX)


@bp.post("/inbound")
def receive(name: str) -> tuple[Response, int]:
    """Let a person write to an account, with everything that follows from it.

    Errors: 409 the account cannot receive now; 422 a mistake, or a vendor without inbound.
    """
    Query().check()
    sandbox = the_sandbox(name)
    slug, wanted = _read(Fields(json_body()), sandbox)
    vendor = sandbox.vendors[slug]
    received: list[Message] = []
    with sandbox.unit():
        _check_references(sandbox, slug, wanted)
        sandbox.webhooks.at_once(lambda: received.append(vendor.receive(sandbox, wanted)))
        settle(sandbox)
        return json_response(show(sandbox, *find(sandbox, received[0].id))), 201


def _read(fields: Fields, sandbox: Sandbox) -> tuple[str, Inbound]:
    slug = fields.need("provider", one_of(*sandbox.vendors))
    wanted = Inbound(
        account=fields.get("account", filled_text),
        from_=fields.need("from", filled_text) or "",
        to=fields.get("to", filled_text),
        text=fields.get("text", text),
        media=fields.get("media", _urls) or (),
        name=fields.get("name", filled_text),
        in_reply_to=fields.get("in_reply_to", filled_text),
    )
    fields.check()
    assert slug is not None
    return slug, wanted


def _urls(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(map(_is_url, value)):
        raise ValueError("Must be a list of URLs, each with its scheme")
    return tuple(value)


def _is_url(value: Any) -> bool:
    # A vendor may want more in front, such as a type of content.
    return isinstance(value, str) and _URL.match(value) is not None


def _check_references(sandbox: Sandbox, slug: str, wanted: Inbound) -> None:
    vendor = sandbox.vendors[slug]
    problems = []
    if wanted.account is not None and wanted.account not in sandbox.store.table(vendor.accounts):
        message = f"No account {wanted.account!r} at {slug}"
        problems.append(Problem(pointer="/account", message=message))
    if wanted.in_reply_to is not None:
        found = sandbox.find_message(wanted.in_reply_to)
        if found is None or found[0] is not vendor:
            message = f"No message {wanted.in_reply_to!r} at {slug}"
            problems.append(Problem(pointer="/in_reply_to", message=message))
    if problems:
        raise Invalid(problems)
