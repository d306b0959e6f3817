"""Makes objects for the lists of a workspace that a fixture wants generated.

The n-th object of a list depends on the seed, the workspace, the list and n.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from emulator.core.courses import Sendout
from emulator.core.drawing import Draw
from emulator.core.generating import GENERATE, Batch, Made, Maker
from emulator.core.moments import moment_of
from emulator.core.records import Moment
from emulator.web import people

from .filling import Body
from .lifecycle import LIFECYCLE
from .records import CHANNELS, CONTACTS, PLACEHOLDER

# Where no channel says otherwise.
COUNTRY = "GB"
YEARS, MONTHS = timedelta(days=700), timedelta(days=60)
ENDINGS = (("read", 0.55), ("delivered", 0.33), ("failed", 0.07), ("sent", 0.05))
INCOMING_SHARE = 0.2
SHOPS = ("Outfitters", "Books", "Garden Centre", "Bakery", "Cycles")
LISTS = ("Newsletter", "Members", "Loyal customers", "Waiting list")
SIZES = ("S", "M", "L", "XL")
TEMPLATES = (
    ("new_arrivals", "Hello {{1}}, new arrivals are in store now."),
    ("order_shipped", "Hello {{1}}, your order has left our warehouse."),
    ("back_in_stock", "Good news, {{1}}: what you waited for is back in stock."),
    ("store_closed", "Our shops are closed on Monday."),
)
CAMPAIGNS = ("New arrivals", "Summer sale", "Members' evening", "Back in stock")
ANSWERS = ("Thanks!", "Do you deliver on Saturday?", "STOP", "How much is postage?", "Great")


def generate(batch: Batch) -> Maker | None:
    """Return what makes the objects of a list, None where a fixture says all there is to them."""
    make = _MAKERS.get("/".join(batch.path[1:]) or batch.name)
    return make(batch) if make is not None else None


def sample(contacts: int, messages: int) -> Made:
    """Return a part of a fixture with one workspace of so many contacts and messages."""
    workspace: Made = {"count": 1, "templates": [{GENERATE: {"count": 3}}]}
    if contacts:
        listed = [{GENERATE: {"count": contacts}}]
        workspace["contactLists"] = [{GENERATE: {"count": 1, "contacts": listed}}]
    if messages:
        workspace["broadcasts"] = [{GENERATE: {"count": 4}}]
        workspace["messages"] = [{GENERATE: {"count": messages}}]
    return {"workspaces": [{GENERATE: workspace}]}


def _country(batch: Batch) -> str:
    """Return the country of a workspace: where its first channel is."""
    stored = batch.sandbox.store.table(CHANNELS).every("account", batch.account.get("id"))
    numbers = [one.get("identifier") for one in batch.spelled("channels")]
    for number in (*numbers, *(channel.identifier for channel in stored)):
        home = people.country_of(number) if isinstance(number, str) else None
        if home is not None:
            return home
    return COUNTRY


def _workspaces(batch: Batch) -> Maker:
    def workspace(n: int) -> Made:
        draw = batch.draw(n)
        owner = people.person(draw, COUNTRY)
        number = people.mobile(COUNTRY, batch.common, n)
        return {
            "id": f"ws_{draw.number('id'):032x}"[:15],
            "name": f"{owner.last} {draw.pick(SHOPS, 'shop')}",
            "apiKeys": [{"name": "main", "token": f"cue_{draw.number('token'):032x}"}],
            "channels": [{"uuid": draw.uuid("uuid"), "identifier": number}],
        }

    return workspace


def _keys(batch: Batch) -> Maker:
    return lambda n: {"name": f"key {n + 1}", "token": f"cue_{batch.draw(n).number('token'):032x}"}


def _channels(batch: Batch) -> Maker:
    home = _country(batch)
    return lambda n: {
        "uuid": batch.draw(n).uuid("uuid"),
        "identifier": people.mobile(home, batch.common, n),
    }


def _templates(batch: Batch) -> Maker:
    taken = batch.taken("name")

    def template(n: int) -> Made:
        name, wording = TEMPLATES[n % len(TEMPLATES)]
        if n >= len(TEMPLATES) or name in taken:
            name = f"{name}_{n + 1}"
        return {"name": name, "locale": "en", "status": "APPROVED", "body": {"text": wording}}

    return template


def _lists(batch: Batch) -> Maker:
    taken = batch.taken("name")

    def contact_list(n: int) -> Made:
        name = LISTS[n % len(LISTS)]
        is_used = n >= len(LISTS) or name.lower() in taken
        return {"uuid": batch.draw(n).uuid("uuid"), "name": f"{name} {n + 1}" if is_used else name}

    return contact_list


def _contacts(batch: Batch) -> Maker:
    home = _country(batch)

    def contact(n: int) -> Made:
        draw = batch.draw(n)
        somebody = people.person(draw, home)
        return {
            "phone": people.mobile(home, batch.common, n).removeprefix("+"),
            "first_name": somebody.first,
            "last_name": somebody.last,
            "email": somebody.email("mail.example"),
            "external_contact_id": f"{batch.common.below(9000, 'shop') + 1000}-{n + 1:05d}",
            "custom_fields": {"size": draw.pick(SIZES, "size")},
            "created_at": batch.moment(n, YEARS, MONTHS),
        }

    return contact


def _webhooks(batch: Batch) -> Maker:
    return lambda n: {"name": f"Webhook {n + 1}", "url": f"http://127.0.0.1:9/cuedesk/{n + 1}"}


def _broadcasts(batch: Batch) -> Maker:
    templates = [one["name"] for one in batch.listed("templates") if one.get("name")]
    usual = "scheduled" if batch.is_ahead("scheduled_at") else "completed"
    status = batch.given.get("status", usual)

    def broadcast(n: int) -> Made:
        draw = batch.draw(n)
        made: Made = {
            "uuid": draw.uuid("uuid"),
            "name": f"{draw.pick(CAMPAIGNS, 'name')} {n + 1}",
            "status": status,
            "created_at": batch.moment(n, MONTHS),
        }
        if templates:
            made["template"] = draw.pick(templates, "template")
        if status == "scheduled":
            made["created_at"] = batch.now - timedelta(hours=1)
            made["scheduled_at"] = batch.now + timedelta(days=1 + n)
        return made

    return broadcast


class _Reader(NamedTuple):
    """Somebody whom messages can be about."""

    phone: str
    first: str


def _readers(batch: Batch) -> list[_Reader]:
    listed = [one for each in batch.listed("contactLists") for one in each.get("contacts", ())]
    found = [
        _Reader(str(one["phone"]), str(one.get("first_name") or ""))
        for one in listed
        if isinstance(one, dict) and one.get("phone")
    ]
    stored = batch.sandbox.store.table(CONTACTS).every("created_at", batch.account.get("id"))
    return found or [_Reader(one.phone, one.first_name or "") for one in stored if one.phone]


def _messages(batch: Batch) -> Maker:
    campaigns = {one["uuid"]: one for one in batch.listed("broadcasts") if one.get("uuid")}
    templates = {one["name"]: one for one in batch.listed("templates") if one.get("name")}
    readers, wanted, home = _readers(batch), batch.given.get("broadcastUuid"), _country(batch)

    ids, direction = tuple(campaigns), _direction(batch)

    def message(n: int) -> Made:
        draw = batch.draw(n)
        reader = _reader(batch, readers, n, home, is_in_turn=wanted is not None)
        is_in = direction is None and draw.fraction("incoming") < INCOMING_SHARE
        if direction == "in" or (wanted is None and is_in):
            return _received(batch, draw, reader, n)
        id = wanted or (ids[draw.settled(len(ids), "broadcast")] if ids else None)
        campaign = campaigns.get(str(id), {})
        name = batch.given.get("template") or campaign.get("template")
        template = templates.get(name) if name else None
        return {
            "identifier": reader.phone,
            **({"broadcastUuid": id} if id else {}),
            **_wording(draw, reader, name, template),
            **_course(batch, draw, campaign, n),
        }

    return message


def _reader(
    batch: Batch, readers: list[_Reader], n: int, home: str, *, is_in_turn: bool
) -> _Reader:
    draw = batch.draw(n)
    if not readers:
        number = people.mobile(home, batch.common, n).removeprefix("+")
        return _Reader(number, people.person(draw, home).first)
    return readers[n % len(readers) if is_in_turn else draw.settled(len(readers), "contact")]


def _direction(batch: Batch) -> Any:
    """Return which way the messages go, None if they may go both ways."""
    status = batch.given.get("status")
    usual = None if status is None else "in" if status == "received" else "out"
    return batch.given.get("direction", usual)


def _received(batch: Batch, draw: Draw, reader: _Reader, n: int) -> Made:
    at = batch.born("created_at", n, MONTHS)
    times = {} if "history" in batch.given else {"history": (Moment("received", at),)}
    text = draw.pick(ANSWERS, "text")
    return {"identifier": reader.phone, "direction": "in", "text": text, **times}


def _wording(
    draw: Draw, reader: _Reader, name: str | None, template: Mapping[str, Any] | None
) -> Made:
    text = (template.get("body") or {}).get("text") if template else None
    if text is None:
        name, text = (name, "") if name else draw.pick(TEMPLATES, "template")
    places = max(map(int, PLACEHOLDER.findall(text)), default=0)
    values = [
        f"{draw.pick(SIZES, 'value')}-{place}" if place > 1 else reader.first or "friend"
        for place in range(1, places + 1)
    ]
    return {"template": name, "text": Body(text, places).fill(values), "body": values}


def _course(batch: Batch, draw: Draw, campaign: Mapping[str, Any], n: int) -> Made:
    """Return a message's status and history, in agreement with its broadcast."""
    status = str(batch.given.get("status") or draw.weighted(ENDINGS, "status"))
    sent = Sendout(
        campaign.get("status", "scheduled") == "scheduled",
        moment_of(campaign.get("scheduled_at")),
        moment_of(campaign.get("created_at")),
    )
    at = sent.begin(batch, "created_at", n, MONTHS)
    return sent.course(batch, n, LIFECYCLE, status, at)


_MAKERS: Mapping[str, Callable[[Batch], Maker]] = {
    "workspaces": _workspaces,
    "apiKeys": _keys,
    "channels": _channels,
    "templates": _templates,
    "contactLists": _lists,
    "contactLists/contacts": _contacts,
    "webhooks": _webhooks,
    "broadcasts": _broadcasts,
    "messages": _messages,
}
