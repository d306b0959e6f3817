"""Broadcasts: one text to many contacts, in their languages."""

from __future__ import annotations

from typing import Any

from flask import Response

from emulator.providers.rapidpro import broadcasts as engine
from emulator.providers.rapidpro import filters, lookups, paging
from emulator.providers.rapidpro import records as r
from emulator.providers.rapidpro.answers import BroadcastOut
from emulator.providers.rapidpro.broadcast_views import BroadcastViews
from emulator.providers.rapidpro.compounds import ListOf, ReferenceList, Translated
from emulator.providers.rapidpro.context import table, workspace
from emulator.providers.rapidpro.endpoint import Endpoint, uuid_lookup
from emulator.providers.rapidpro.kinds import BROADCASTS
from emulator.providers.rapidpro.languages import is_translation_code
from emulator.providers.rapidpro.message_fields import (
    attachment_list,
    needs_content,
    quick_reply_list,
)
from emulator.providers.rapidpro.renderings import Content
from emulator.providers.rapidpro.routes.media import attachment
from emulator.providers.rapidpro.scalars import LanguageCode, Text
from emulator.providers.rapidpro.urn_field import UrnField
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.web.context import rests_on, sandbox


def show(broadcast: r.RapidBroadcast) -> BroadcastOut:
    """Return one broadcast."""
    return BroadcastViews(sandbox(), workspace()).show(broadcast)


def find(id: str) -> r.RapidBroadcast | None:
    """Return a broadcast of the workspace by its UUID, unless it is deleted or a template."""
    return _listed(table(BROADCASTS).find(id))


def _listed(found: r.RapidBroadcast | None) -> r.RapidBroadcast | None:
    if found is None or found.account != workspace().id:
        return None
    return None if found.is_deleted or found.is_scheduled else found


broadcasts = Endpoint(
    "broadcasts",
    asks=("uuid", "id", "before", "after"),
    model="Broadcast",
    show=show,
    lookups={"uuid": uuid_lookup(find)},
)


@broadcasts.lists
def list_() -> Response:
    """Answer with broadcasts, newest first."""
    id, number, period = filters.uuid("uuid"), filters.integer("id"), filters.period()
    if period is None:
        return paging.empty()
    if id is None and number is None:
        return paging.page(BROADCASTS, "created", (workspace().id,), show, is_timed=True)
    found = find(id) if id is not None else _listed(table(BROADCASTS).one("number", number))
    if found is None or number not in (None, found.number) or not period.has(found.created_at):
        return paging.empty()
    return paging.few([found], show)


def _country() -> str:
    return workspace().country


def _first_language() -> str:
    return next(iter(workspace().languages), "eng")


def _says_to_whom(_: Schema, values: dict[str, Any]) -> str | None:
    if not any(values.get(part) for part in ("urns", "contacts", "groups")):
        return "Must provide either urns, contacts or groups."
    return None


def _has_base_language(_: Schema, values: dict[str, Any]) -> str | None:
    base = values.get("base_language")
    if base is None:
        return None
    if base not in values.get("text", ()):
        if "text" not in values:
            rests_on("assumed")
        return "No text translation provided in base language."
    if values.get("attachments") and base not in values["attachments"]:
        return "No attachment translations provided in base language."
    if values.get("quick_replies") and base not in values["quick_replies"]:
        return "No quick_replies translations provided in base language."
    return None


class BroadcastIn(Schema):
    """The body of a POST."""

    urns = ListOf(UrnField(_country), max_items=100)
    contacts = ReferenceList(lookups.find_contact)
    groups = ReferenceList(lookups.find_group)
    text = Translated(
        Text(max_length=4096), first_language=_first_language, allowed=is_translation_code
    )
    attachments = Translated(
        attachment_list(),
        first_language=_first_language,
        allowed=is_translation_code,
    )
    quick_replies = Translated(
        quick_reply_list(),
        first_language=_first_language,
        allowed=is_translation_code,
    )
    base_language = LanguageCode(is_translation_code)

    checks = (needs_content, _says_to_whom, _has_base_language)


@broadcasts.creates(BroadcastIn)
def create(body: Body) -> r.RapidBroadcast:
    """Take a broadcast on; the messages are made later."""
    values = BroadcastIn().read(body)
    addressed = engine.Addressed(
        urns=tuple(urn.text for urn in values.get("urns", ())),
        contacts=_ids(values.get("contacts", ())),
        groups=_ids(values.get("groups", ())),
    )
    return engine.create(sandbox(), workspace(), addressed, _content(values))


def _content(values: dict[str, Any]) -> Content:
    text, uploads = values.get("text", {}), values.get("attachments", {})
    replies = values.get("quick_replies", {})
    first: str = next(iter([*text, *uploads, *replies]))
    return Content(
        text=text,
        attachments={
            code: tuple(attachment(media) for media in each) for code, each in uploads.items()
        },
        quick_replies={code: tuple(each) for code, each in replies.items()},
        base_language=values.get("base_language", first),
    )


def _ids(records: list[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(record.id for record in records))


ENDPOINTS = (broadcasts,)
