"""Clients, messages and broadcasts as the control API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.core.packing import opened
from emulator.core.records import ENDPOINTS, Endpoint
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import BroadcastView, MessageView
from emulator.web.moments import iso

from . import auth, templates
from .lifecycle import SHORTCODE
from .records import CAMPAIGNS, SLUG, TEMPLATES, Billing, Campaign, Client, TeekrrMessage, Template


def account(found: Sandbox, client: Client) -> dict[str, Any]:
    """Return a client as fixtures write it, with what has become of its credit."""
    own = found.store.table(TEMPLATES).every("account", client.id)
    endpoints = found.store.table(ENDPOINTS).every("account", (SLUG, client.id))
    return {
        "id": client.id,
        "name": client.name,
        "billing": _billing(client.billing),
        "rates": dict(client.rates),
        "subscriptions": dict(client.subscriptions),
        "waba": {
            "own": client.has_own_waba,
            "platformDefaultEnabled": client.may_use_platform_waba,
        },
        "keywords": list(client.keywords),
        "apiKeys": auth.keys(found, client),
        "templates": [_template(template) for template in own],
        "webhooks": [_webhook(endpoint) for endpoint in endpoints],
    }


def _billing(billing: Billing) -> dict[str, Any]:
    if billing.mode == "postpaid":
        return {"mode": "postpaid", "cap": billing.cap, "accrued": billing.accrued}
    return {
        "mode": "prepaid",
        "creditBalance": billing.balance,
        "creditReserved": billing.reserved,
        "creditSpent": billing.spent,
    }


def _template(template: Template) -> dict[str, Any]:
    head = {"channel": template.channel, "name": template.name, "status": template.status}
    if template.channel != "whatsapp":
        return {**head, "content": template.content}
    return {
        **head,
        "language": template.language,
        "header": {"format": template.header_format, "variables": template.header_variables},
        "body": {"text": template.body_text, "variables": template.body_variables},
        "buttons": {"variables": template.button_variables},
        "namedParams": list(template.named_params),
    }


def _webhook(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events) if endpoint.events is not None else None,
        "secret": endpoint.secret,
        "active": endpoint.is_active,
    }


def message(found: Sandbox, shown: TeekrrMessage) -> MessageView:
    """Return what Teekrr's dashboard says of a message."""
    own = SHORTCODE if shown.channel == "sms" else None
    is_sent, given = shown.direction == "out", opened(shown.variables)
    return MessageView(
        status=shown.state,
        statuses=[step.state for step in shown.history],
        text=templates.content_of(found, shown, given),
        from_=own if is_sent else shown.address,
        to=shown.address if is_sent else own,
        template=shown.template,
        media=_media(found, shown, given),
        broadcast=shown.broadcast,
        native=_native(found, shown, given),
    )


def _media(found: Sandbox, shown: TeekrrMessage, given: Mapping[str, Any] | None) -> list[str]:
    if shown.channel != "whatsapp" or not given:
        return []
    medium = shown.medium
    if medium is None:
        key = (shown.account, shown.channel, shown.template)
        template = found.store.table(TEMPLATES).one("name", key)
        medium = templates.medium_of(template) if template else ""
    url = given.get(medium)
    return [url] if url else []


def _native(
    found: Sandbox, shown: TeekrrMessage, given: Mapping[str, Any] | None
) -> dict[str, Any]:
    campaign = found.store.table(CAMPAIGNS).find(shown.broadcast) if shown.broadcast else None
    native = {
        "campaignName": campaign.name if campaign else None,
        "keyword": shown.keyword,
        "variables": given,
        "rate": shown.rate,
    }
    if shown.channel == "email":
        native["subject"] = shown.subject
    return native


def broadcast(found: Sandbox, shown: Campaign) -> BroadcastView:
    """Return what Teekrr's dashboard says of a broadcast."""
    at = shown.scheduled_at
    return BroadcastView(
        status=shown.state,
        channel=shown.channel,
        name=shown.name,
        total=shown.total,
        counts=shown.counts,
        scheduled_at=at,
        native={
            "broadcastUuid": shown.id,
            "campaignName": shown.name,
            "channel": shown.channel,
            "type": shown.type,
            "status": shown.state,
            "scheduledAt": iso(at) if at else None,
            "counts": dict(shown.counts),
        },
    )
