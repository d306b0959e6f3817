"""Messages, in and out; a POST sends one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from emulator.providers.rapidpro import filters, lookups, paging
from emulator.providers.rapidpro.answers import MessageOut
from emulator.providers.rapidpro.compounds import Reference
from emulator.providers.rapidpro.context import our_own, table, workspace
from emulator.providers.rapidpro.endpoint import Endpoint, uuid_lookup
from emulator.providers.rapidpro.kinds import BROADCASTS, CONTACTS, LABELS, MESSAGES
from emulator.providers.rapidpro.message_fields import (
    attachment_list,
    needs_content,
    quick_reply_list,
)
from emulator.providers.rapidpro.message_views import MessageViews
from emulator.providers.rapidpro.records import RapidBroadcast, RapidMessage
from emulator.providers.rapidpro.routes.media import attachment
from emulator.providers.rapidpro.scalars import Text
from emulator.providers.rapidpro.sending import Draft, send
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.web.context import sandbox

FOLDERS = frozenset({"inbox", "flows", "archived", "outbox", "sent", "failed"})
Partition = tuple[str, ...]


def views() -> MessageViews:
    """Return what shows the messages of the workspace."""
    return MessageViews(sandbox(), workspace())


def show(message: RapidMessage) -> MessageOut:
    """Return one message."""
    return views().show(message)


def find(id: str) -> RapidMessage | None:
    """Return a message of the workspace by its UUID, unless it is deleted."""
    found = table(MESSAGES).find(id)
    if found is None or found.account != workspace().id or found.visibility == "deleted":
        return None
    return found


messages = Endpoint(
    "messages",
    asks=("uuid", "id", "contact", "folder", "label", "broadcast", "before", "after"),
    scope="v2.messages",
    model="Msg",
    show=show,
    lookups={"uuid": uuid_lookup(find)},
    exclusive=(("contact", "folder", "label", "broadcast"),),
)


@messages.lists
def list_() -> Response:
    """Answer with messages, newest first; those that were sent by the moment of sending."""
    id, number = filters.uuid("uuid"), filters.integer("id")
    partition, period = _partition(), filters.period()
    if partition is None or period is None:
        return paging.empty()
    if id is not None or number is not None:
        named = find(id) if id is not None else lookups.find_message(number or 0)
        is_wanted = named is not None and number in (None, named.number)
        is_listed = named is not None and partition in _partitions(named)
        if named is None or not is_wanted or not is_listed or not period.has(named.created_at):
            return paging.empty()
        return paging.few([named], show)
    if partition == (workspace().id, "sent"):
        is_meant = None if period == (None, None) else _within(period)
        place = (workspace().id,)
        return paging.page_at_once(MESSAGES, "sent", place, views().show_all, where=is_meant)
    return paging.page_at_once(MESSAGES, "created", partition, views().show_all, is_timed=True)


def _within(period: filters.Period) -> Callable[[RapidMessage], bool]:
    return lambda message: period.has(message.created_at)


def _partitions(message: RapidMessage) -> list[Any]:
    return list(MESSAGES.orders["created"].partitions(message))


def _partition() -> Partition | None:
    """Return where the messages are that the filters leave; None if they leave none."""
    contact, folder = filters.text("contact"), filters.text("folder")
    label, broadcast = filters.text("label"), filters.last("broadcast")
    if contact is not None:
        found = lookups.by_uuid(CONTACTS, contact)
        return None if found is None else ("contact", found.id)
    if folder is not None:
        name = folder.lower()
        return (workspace().id, name) if name in FOLDERS else None
    if label is not None:
        found_label = lookups.by_exact_name(LABELS, label)
        return None if found_label is None else ("label", found_label.id)
    if broadcast:
        return _of_broadcast()
    return (workspace().id,)


def _of_broadcast() -> Partition | None:
    with our_own():
        number = filters.integer("broadcast")
    found = _broadcast(number)
    return None if found is None else ("broadcast", found.id)


def _broadcast(number: int | None) -> RapidBroadcast | None:
    found = None if number is None else table(BROADCASTS).one("number", number)
    return found if found is not None and found.account == workspace().id else None


class MessageIn(Schema):
    """The body of a POST."""

    contact = Reference(lookups.find_contact, required=True)
    text = Text(max_length=4096)
    attachments = attachment_list()
    quick_replies = quick_reply_list()

    checks = (needs_content,)


@messages.creates(MessageIn)
def create(body: Body) -> RapidMessage:
    """Send a message; its text is taken as it is."""
    values = MessageIn().read(body)
    draft = Draft(
        contact=values["contact"],
        text=values.get("text", ""),
        attachments=tuple(attachment(media) for media in values.get("attachments", ())),
        quick_replies=tuple(values.get("quick_replies", ())),
    )
    [message] = send(sandbox(), workspace(), [draft])
    return message


ENDPOINTS = (messages,)
