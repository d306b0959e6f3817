"""What happens to messages: the rules of a sandbox, and why one of them wins."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from emulator.core.errors import Conflict, NotFound, Problems
from emulator.core.fixtures import new_rule_id
from emulator.core.outcomes import Candidate
from emulator.core.rules import read_rule, read_rules, rule_document
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Vendor
from emulator.web.bodies import json_response

from .bodies import Fields, Query, filled_text, json_body, one_of, text, whole
from .context import IN_SANDBOX, the_sandbox, vendors_meant
from .lists import listing

bp = Blueprint("outcomes", __name__, url_prefix=IN_SANDBOX)


@bp.get("/outcomes")
def list_rules(name: str) -> Response:
    """List the rules in their order, each with its hits."""
    return _listed(the_sandbox(name), Query())


@bp.put("/outcomes")
def put_rules(name: str) -> Response:
    """Put other rules in the place of all; hits are counted anew."""
    query = Query()
    sandbox = the_sandbox(name)
    fields = Fields(json_body('{"rules": […]}'))
    with sandbox.unit():
        given = fields.raw("rules")
        if given is None:
            fields.problems.add("/rules", "Required")
        rules = read_rules(
            [] if given is None else given,
            "/rules",
            fields.problems,
            sandbox.vendors,
            lambda: new_rule_id(sandbox),
        )
        fields.check()
        query.check()
        sandbox.outcomes.replace(rules)
    return _listed(sandbox, query)


@bp.post("/outcomes")
def add_rule(name: str) -> Response:
    """Put one rule in front of all others.

    Errors: 409 there is a rule with its id.
    """
    Query().check()
    sandbox = the_sandbox(name)
    problems = Problems()
    with sandbox.unit():
        rule = read_rule(json_body(), "", problems, sandbox.vendors, lambda: new_rule_id(sandbox))
        problems.check()
        assert rule is not None
        if any(rule.id == known.id for known in sandbox.outcomes.rules):
            raise Conflict(f"there is a rule {rule.id!r} already")
        sandbox.outcomes.put_first(rule)
    return json_response({**rule_document(rule), "hits": 0}, 201)


@bp.delete("/outcomes/<path:id>")
def drop_rule(name: str, id: str) -> tuple[str, int]:
    """Remove one rule; messages that it has decided about keep their fate."""
    Query().check()
    sandbox = the_sandbox(name)
    with sandbox.unit():
        if not sandbox.outcomes.drop(id):
            raise NotFound(f"no outcome rule {id!r}")
    return "", 204


@bp.post("/outcomes/explain")
def explain_outcome(name: str) -> Response:
    """Say what would become of a message, which rule decides that and why the others do not.

    Times on the timeline are seconds after the message is made. Nothing is counted.
    """
    Query().check()
    sandbox = the_sandbox(name)
    fields = Fields(json_body())
    with sandbox.store.lock:
        vendor, candidate = _read_candidate(sandbox, fields)
        explained = sandbox.messaging.explain(vendor, candidate)
    plan = explained.plan
    return json_response(
        {
            "outcome": plan.outcome,
            "source": plan.source,
            "rule": plan.rule,
            "candidates": [
                {"rule": seen.rule.id, "matched": seen.matched, "reason": seen.reason}
                for seen in explained.considered
            ],
            "timeline": [
                {"status": status, "after": after.total_seconds()}
                for status, after in explained.timeline
            ],
            "approximated": explained.is_approximated,
        }
    )


def _listed(sandbox: Sandbox, query: Query) -> Response:
    with sandbox.store.lock:
        rules, hits = sandbox.outcomes.rules, sandbox.outcomes.hits.copy()
    return listing(
        query,
        enumerate(rules),
        lambda item: item[0],
        lambda item: {**rule_document(item[1]), "hits": hits.get(item[1].id, 0)},
        is_descending=False,
    )


def _read_candidate(sandbox: Sandbox, fields: Fields) -> tuple[Vendor, Candidate]:
    provider = fields.need("provider", one_of(*sandbox.vendors))
    vendors = vendors_meant(sandbox, provider)
    channels = [channel for vendor in vendors for channel in vendor.channels]
    to = fields.need("to", filled_text)
    values: dict[str, Any] = {
        "account": fields.get("account", filled_text),
        "channel": fields.get("channel", one_of(*channels)),
        "template": fields.get("template", text),
        "text": fields.get("text", text) or "",
        "broadcast": fields.get("broadcast", text),
        "nth": fields.get("nth", whole(1)),
    }
    fields.check()
    assert provider is not None
    assert to is not None
    vendor = sandbox.vendors[provider]
    account = values["account"] = values["account"] or _first_account(sandbox, vendor)
    channel = values["channel"] = values["channel"] or _likely_channel(vendor, to)
    spell = sandbox.messaging.speller(vendor, account, channel)
    address = spell(to)
    values["nth"] = values["nth"] or sandbox.store.sends.get(address, 0) + 1
    return vendor, Candidate(provider=provider, address=address, spell=spell, **values)


def _likely_channel(vendor: Vendor, to: str) -> str:
    scheme = to.partition(":")[0]
    if scheme in vendor.channels:
        return scheme
    is_email = "@" in to and "email" in vendor.channels
    return "email" if is_email else vendor.channels[0]


def _first_account(sandbox: Sandbox, vendor: Vendor) -> str:
    accounts = iter(sandbox.store.table(vendor.accounts))
    first = min(accounts, key=lambda account: account.serial, default=None)
    return first.id if first is not None else ""
