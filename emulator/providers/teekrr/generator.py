"""Makes objects for the lists of a client that a fixture wants generated.

The n-th object of a list depends on the seed, the client, the list and n.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from emulator.core.courses import Sendout
from emulator.core.drawing import Draw
from emulator.core.generating import GENERATE, Batch, Made, Maker
from emulator.core.moments import moment_of
from emulator.core.records import Moment
from emulator.web import people

from . import lifecycle
from .records import SCOPES

# The vendor's customers are Malaysian.
COUNTRY = "MY"
MONTHS = timedelta(days=60)
ENDINGS = (("delivered", 0.9), ("failed", 0.06), ("accepted", 0.04))
WITH_READING = (("read", 0.55), ("delivered", 0.35), ("failed", 0.06), ("accepted", 0.04))
ACCEPTED = {"sms": "send", "whatsapp": "sent", "email": "send"}
KINDS = ("Sdn Bhd", "Trading", "Kopitiam", "Clinic", "Motors")
TEMPLATES = (
    ("order_ready", "Hi {name}, your order is ready."),
    ("member_day", "Dear {name}, members save 15 % this Friday."),
    ("closing_early", "We close at 5 pm today. Thank you for your patience."),
    ("payment_received", "Thank you, {name}. We have received your payment."),
    ("appointment", "Hi {name}, see you tomorrow at 10 am."),
)
CAMPAIGNS = ("Member day", "New menu", "Opening hours", "Raya greetings", "Stock sale")


def generate(batch: Batch) -> Maker | None:
    """Return what makes the objects of a list, None where a fixture says all there is to them."""
    make = _MAKERS.get(batch.name)
    return make(batch) if make is not None else None


def sample(contacts: int, messages: int) -> Made:
    """Return a part of a fixture with one client of so many messages.

    :raises ValueError: contacts are wanted.
    """
    if contacts:
        raise ValueError("Teekrr keeps no contacts: ask for messages alone")
    client: Made = {"count": 1, "templates": [{GENERATE: {"count": 3}}]}
    if messages:
        client["broadcasts"] = [{GENERATE: {"count": 4}}]
        client["messages"] = [{GENERATE: {"count": messages}}]
    return {"clients": [{GENERATE: client}]}


def _clients(batch: Batch) -> Maker:
    def client(n: int) -> Made:
        draw = batch.draw(n)
        owner = people.person(draw, COUNTRY)
        return {
            "id": f"client-{draw.number('id'):032x}"[:19],
            "name": f"{owner.last} {draw.pick(KINDS, 'kind')}",
            "billing": {"mode": "prepaid", "creditBalance": 10_000 + draw.below(90_000, "credit")},
            "apiKeys": [{"name": "main", "key": _key(draw)}],
        }

    return client


def _key(draw: Draw) -> str:
    return f"tk_{draw.number('key'):032x}{draw.number('more'):032x}"[:43]


def _keys(batch: Batch) -> Maker:
    return lambda n: {
        "name": f"key-{n + 1}",
        "key": _key(batch.draw(n)),
        "scopes": list(SCOPES),
    }


def _templates(batch: Batch) -> Maker:
    taken, channel = batch.taken("name"), batch.given.get("channel", "sms")

    def template(n: int) -> Made:
        name, content = TEMPLATES[n % len(TEMPLATES)]
        if n >= len(TEMPLATES) or name in taken:
            name = f"{name}_{n + 1}"
        made = {"channel": channel, "name": name, "status": "approved"}
        if channel == "whatsapp":
            wording = content.replace("{name}", "{{1}}")
            return {**made, "body": {"text": wording, "variables": int("{{1}}" in wording)}}
        return {**made, "content": content}

    return template


def _webhooks(batch: Batch) -> Maker:
    return lambda n: {"url": f"http://127.0.0.1:9/teekrr/{n + 1}"}


def _broadcasts(batch: Batch) -> Maker:
    usual = "scheduled" if batch.is_ahead("scheduledAt") else "completed"
    status = batch.given.get("status", usual)

    def broadcast(n: int) -> Made:
        draw = batch.draw(n)
        made: Made = {
            "broadcastUuid": draw.uuid("id"),
            "campaignName": f"{draw.pick(CAMPAIGNS, 'name')} {n + 1}",
            "channel": "sms",
            "status": status,
            "createdAt": batch.moment(n, MONTHS),
        }
        if status == "scheduled":
            made["createdAt"] = batch.now - timedelta(hours=1)
            made["scheduledAt"] = batch.now + timedelta(days=1 + n)
        return made

    return broadcast


def _messages(batch: Batch) -> Maker:
    campaigns = {
        one["broadcastUuid"]: one for one in batch.listed("broadcasts") if one.get("broadcastUuid")
    }
    ids = tuple(campaigns)
    wanted = batch.given.get("broadcastUuid")
    is_in = "received" in (batch.given.get("status"), batch.given.get("direction"))
    is_in = is_in or batch.given.get("direction") == "in"

    def message(n: int) -> Made:
        draw = batch.draw(n)
        id = wanted or (ids[draw.settled(len(ids), "broadcast")] if ids else None)
        campaign = campaigns.get(str(id), {})
        channel = batch.given.get("channel") or campaign.get("channel", "sms")
        somebody = people.person(draw, COUNTRY)
        number = people.mobile(COUNTRY, batch.common, n).removeprefix("+")
        recipient = somebody.email("mail.example") if channel == "email" else number
        _, content = draw.pick(TEMPLATES, "template")
        return {
            **({"broadcastUuid": id} if id else {}),
            "channel": channel,
            "recipient": recipient,
            "content": content.format(name=somebody.first),
            "variables": {"name": somebody.first},
            **(_arrival(batch, n) if is_in else _course(batch, draw, channel, campaign, n)),
        }

    return message


def _arrival(batch: Batch, n: int) -> Made:
    """Return the times of a message that came in."""
    at = batch.born("createdAt", n, MONTHS)
    times = {} if "history" in batch.given else {"history": (Moment("received", at),)}
    return {"direction": "in", "broadcastUuid": None, **times}


def _course(batch: Batch, draw: Draw, channel: str, campaign: Mapping[str, Any], n: int) -> Made:
    """Return a message's status and history, in agreement with its broadcast."""
    endings: Sequence[tuple[str, float]] = WITH_READING if channel == "whatsapp" else ENDINGS
    status = str(batch.given.get("status") or draw.weighted(endings, "status"))
    status = ACCEPTED[channel] if status == "accepted" else status
    sent = Sendout(
        campaign.get("status", "scheduled") == "scheduled",
        moment_of(campaign.get("scheduledAt")),
        moment_of(campaign.get("createdAt")),
    )
    at = sent.begin(batch, "createdAt", n, MONTHS)
    made = sent.course(batch, n, lifecycle.of_channel(channel), status, at)
    if made.get("status") == "failed":
        made["errorCode"] = lifecycle.FAILURES[channel].code
    return made


_MAKERS: Mapping[str, Callable[[Batch], Maker]] = {
    "clients": _clients,
    "apiKeys": _keys,
    "templates": _templates,
    "webhooks": _webhooks,
    "broadcasts": _broadcasts,
    "messages": _messages,
}
