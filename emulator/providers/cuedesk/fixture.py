"""Read workspaces and what is theirs from fixtures, merging it into what is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from emulator.core.describing import Defs, Schema
from emulator.core.endpoints import check_owner, merge_endpoint
from emulator.core.errors import Problems
from emulator.core.late import late
from emulator.core.records import ENDPOINTS, Endpoint
from emulator.core.sandbox import Sandbox
from emulator.web.parts import Part, each_account, read_good, read_part

from . import auth, webhooks
from . import fixture_parts as parts
from .fixture_contacts import Roll
from .records import (
    CHANNELS,
    KEYS,
    LISTS,
    MEDIA,
    PLACEHOLDER,
    SLUG,
    TEMPLATES,
    WORKSPACES,
    Button,
    Card,
    Channel,
    ContactList,
    Face,
    Template,
    Workspace,
)

if TYPE_CHECKING:
    from . import fixture_traffic
else:
    [fixture_traffic] = late(__name__, "fixture_traffic")


class _Desk(NamedTuple):
    """Where things are read to: a workspace of a sandbox."""

    found: Sandbox
    workspace: str
    problems: Problems


def load(found: Sandbox, part: Mapping[str, Any], pointer: str, problems: Problems) -> None:
    """Merge a fixture's part: what is known is changed field by field, the rest is added."""
    for item, where in each_account(part, "workspaces", pointer, problems):
        _load_workspace(found, item, where, problems)


def account_part(account: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fixture's part that holds one workspace."""
    return {"workspaces": [account]}


def describe(defs: Defs) -> Schema:
    """Return the JSON Schema of the part."""
    return parts.describe(defs, **fixture_traffic.describe(defs))


_LOADERS: tuple[tuple[str, str, Callable[[_Desk, Any, str], None]], ...]


def _load_workspace(found: Sandbox, given: Any, pointer: str, problems: Problems) -> None:
    read = read_good(parts.WORKSPACE, given, pointer, problems)
    if read is None:
        return
    table = found.store.table(WORKSPACES)
    id = read.get("id") or f"ws_{found.ids.text(WORKSPACES.name, 12)}"
    known = table.find(id)
    if known is None:
        serial = found.ids.serial(WORKSPACES.name)
        table.add(Workspace(id=id, serial=serial, name=read.get("name", id)))
    elif "name" in read:
        table.change(known, name=read["name"])
    desk = _Desk(found, id, problems)
    for field, name, load_item in _LOADERS:
        for at, item in enumerate(read.get(field, ())):
            load_item(desk, item, f"{pointer}/{name}/{at}")
    if read.keys() & {"broadcasts", "messages"}:
        fixture_traffic.load(found, id, read, pointer, problems)


def _load_key(desk: _Desk, given: Any, pointer: str) -> None:
    read = read_part(parts.KEY, given, pointer, desk.problems)
    if read is None:
        return
    found, table = desk.found, desk.found.store.table(KEYS)
    workspace = found.store.table(WORKSPACES).get(desk.workspace)
    known = next(iter(auth.named(found, workspace, read.get("name"))), None)
    if "token" in read:
        known = table.one("token", read["token"])
    if known is not None and known.account != desk.workspace:
        text = f"Workspace {known.account!r} has this key already"
        desk.problems.add(f"{pointer}/token", text)
        return
    values = {"is_active": read["active"]} if "active" in read else {}
    if known is None:
        name, token = read.get("name"), read.get("token")
        auth.add_key(found, workspace, name=name, token=token, **values)
    else:
        table.change(known, name=read.get("name", known.name), **values)


def _load_channel(desk: _Desk, given: Any, pointer: str) -> None:
    read = read_part(parts.CHANNEL, given, pointer, desk.problems)
    if read is None:
        return
    found, table = desk.found, desk.found.store.table(CHANNELS)
    known = table.find(read["uuid"]) if "uuid" in read else None
    if "uuid" not in read:
        known = table.one("name", (desk.workspace, read.get("identifier")))
    if known is not None and known.account != desk.workspace:
        desk.problems.add(f"{pointer}/uuid", f"Workspace {known.account!r} has this channel")
        return
    other = table.one("name", (desk.workspace, read.get("identifier")))
    if other is not None and other is not known:
        desk.problems.add(f"{pointer}/identifier", "Another channel of the workspace has it")
        return
    values = {name: value for name, value in read.items() if name != "uuid"}
    if known is not None:
        table.change(known, **values)
    elif "identifier" not in read:
        desk.problems.add(f"{pointer}/identifier", "Required")
    else:
        id = read.get("uuid") or found.ids.uuid4(CHANNELS.name)
        serial = found.ids.serial(CHANNELS.name)
        table.add(Channel(id=id, serial=serial, account=desk.workspace, **values))


def _load_template(desk: _Desk, given: Any, pointer: str) -> None:
    problems = desk.problems
    read = read_part(parts.TEMPLATE, given, pointer, problems)
    if read is None:
        return
    missing = [name for name in ("name", "locale") if name not in read]
    for name in missing:
        problems.add(f"{pointer}/{name}", "Required")
    if missing:
        return
    table = desk.found.store.table(TEMPLATES)
    known = table.one("name", (desk.workspace, read["name"], read["locale"]))
    if known is None:
        serial = desk.found.ids.serial(TEMPLATES.name)
        known = Template(
            id=f"template-{serial}",
            serial=serial,
            account=desk.workspace,
            name=read["name"],
            locale=read["locale"],
        )
    table.put(
        msgspec.structs.replace(
            known,
            status=read.get("status", known.status),
            category=read.get("category", known.category),
            face=_face(known.face, read, pointer, problems),
            cards=_cards(known.cards, read.get("cards", ()), f"{pointer}/cards", problems),
        )
    )


def _face(face: Face, read: Mapping[str, Any], pointer: str, problems: Problems) -> Face:
    header = _part_of(parts.HEADER, read, "header", pointer, problems)
    body = _part_of(parts.BODY, read, "body", pointer, problems)
    if "type" in header and "parameters" not in header:
        header["parameters"] = int(header["type"] in MEDIA)
    if header.get("parameters") and header.get("type", face.header.type) == "none":
        problems.add(f"{pointer}/header/parameters", "A template without a header takes no value")
    if "text" in body and "parameters" not in body:
        body["parameters"] = max(map(int, PLACEHOLDER.findall(body["text"])), default=0)
    return Face(
        header=msgspec.structs.replace(face.header, **header),
        body_text=body.get("text", face.body_text),
        body_parameters=body.get("parameters", face.body_parameters),
        buttons=_buttons(face.buttons, read.get("buttons", ()), f"{pointer}/buttons", problems),
    )


def _part_of(
    schema: Part, read: Mapping[str, Any], name: str, pointer: str, problems: Problems
) -> dict[str, Any]:
    if name not in read:
        return {}
    return read_part(schema, read[name], f"{pointer}/{name}", problems) or {}


def _buttons(
    known: Sequence[Button], given: Sequence[Any], pointer: str, problems: Problems
) -> tuple[Button, ...]:
    buttons = {button.index: button for button in known}
    for index, read, _ in _placed(parts.BUTTON, given, pointer, problems):
        before = buttons.get(index, Button(index=index))
        type_ = read.get("type", before.type)
        # A one-time password is different for everybody.
        is_dynamic = read.get("dynamic", before.is_dynamic or type_ == "OTP")
        buttons[index] = Button(index=index, type=type_, is_dynamic=is_dynamic)
    return tuple(buttons[index] for index in sorted(buttons))


def _cards(
    known: Sequence[Card], given: Sequence[Any], pointer: str, problems: Problems
) -> tuple[Card, ...]:
    cards = {card.index: card for card in known}
    for index, read, where in _placed(parts.CARD, given, pointer, problems):
        before = cards.get(index, Card(index=index))
        cards[index] = Card(index=index, face=_face(before.face, read, where, problems))
    return tuple(cards[index] for index in sorted(cards))


def _placed(
    schema: Part, given: Sequence[Any], pointer: str, problems: Problems
) -> Iterable[tuple[int, dict[str, Any], str]]:
    """Yield what stands at an index: the index, the fields, and where it stands."""
    seen: set[int] = set()
    for at, item in enumerate(given):
        where = f"{pointer}/{at}"
        read = read_part(schema, item, where, problems)
        if read is not None and "index" not in read:
            problems.add(f"{where}/index", "Required")
        elif read is not None and read["index"] in seen:
            problems.add(f"{where}/index", "Another one of the list has this index")
        elif read is not None:
            seen.add(read["index"])
            yield read["index"], read, where


def _load_list(desk: _Desk, given: Any, pointer: str) -> None:
    read = read_good(parts.LIST, given, pointer, desk.problems)
    if read is None:
        return
    found, table = desk.found, desk.found.store.table(LISTS)
    known = next(iter(table.every("name", (desk.workspace, read.get("name")))), None)
    if "uuid" in read:
        known = table.find(read["uuid"])
    if known is not None and known.account != desk.workspace:
        desk.problems.add(f"{pointer}/uuid", f"Workspace {known.account!r} has this list")
        return
    if known is None:
        id = read.get("uuid") or found.ids.uuid4(LISTS.name)
        serial = found.ids.serial(LISTS.name)
        known = ContactList(id=id, serial=serial, account=desk.workspace, name=id)
    members = Roll(found, known, desk.problems)
    for at, item in enumerate(read.get("contacts", ())):
        members.enter(item, f"{pointer}/contacts/{at}")
    name = read.get("name", known.name)
    table.put(msgspec.structs.replace(known, name=name, contacts=members.store()))


def _load_webhook(desk: _Desk, given: Any, pointer: str) -> None:
    read = read_part(parts.WEBHOOK, given, pointer, desk.problems)
    if read is None:
        return
    owner = SLUG, desk.workspace
    if not check_owner(desk.found, owner, read.get("id"), pointer, desk.problems):
        return
    endpoint: dict[str, Any] = {"provider": SLUG, "account": desk.workspace}
    endpoint.update({name: read[name] for name in ("url", "secret", "active") if name in read})
    if "channel_uuid" in read:
        endpoint["channel"] = _listened(desk, read["channel_uuid"], f"{pointer}/channelUuid")
    if "trigger" in read:
        event = _event(desk, read["trigger"], f"{pointer}/trigger")
        endpoint["events"] = None if event is None else [event]
    known = read.get("id") or _known_webhook(desk, endpoint)
    if known is not None:
        endpoint["id"] = known
    made = merge_endpoint(desk.found, endpoint, pointer, desk.problems)
    if made is not None and "name" in read:
        extra = {**made.extra, "name": read["name"] or ""}
        desk.found.store.table(ENDPOINTS).change(made, extra=extra)


def _listened(desk: _Desk, channel: str | None, pointer: str) -> str | None:
    """Return the channel that a webhook is limited to, None for all."""
    known = webhooks.channels_of(desk.found, desk.workspace)
    if channel is None or channel in known:
        return channel
    desk.problems.add_choice(pointer, channel, known)
    return None


def _event(desk: _Desk, trigger: str | None, pointer: str) -> str | None:
    """Return the event that a trigger stands for; status updates may have another name here."""
    if trigger in (None, *webhooks.EVENTS):
        return trigger
    own = desk.found.settings[SLUG]["status_trigger"]
    if trigger != own:
        desk.problems.add_choice(pointer, trigger, sorted({*webhooks.EVENTS, own}))
    return webhooks.STATUS


def _known_webhook(desk: _Desk, endpoint: Mapping[str, Any]) -> str | None:
    """Return the id of the webhook with the same destination, trigger and channel."""
    events = endpoint.get("events")

    def is_same(other: Endpoint) -> bool:
        same_events = other.events == (tuple(events) if events is not None else None)
        return same_events and other.channel == endpoint.get("channel")

    place = (SLUG, desk.workspace, endpoint.get("url"))
    own = desk.found.store.table(ENDPOINTS).every("url", place)
    return next((other.id for other in own if is_same(other)), None)


_LOADERS = (
    ("api_keys", "apiKeys", _load_key),
    ("channels", "channels", _load_channel),
    ("templates", "templates", _load_template),
    ("contact_lists", "contactLists", _load_list),
    ("webhooks", "webhooks", _load_webhook),
)
