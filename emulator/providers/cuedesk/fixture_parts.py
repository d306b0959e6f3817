"""The objects of Cuedesk's part of fixtures: their fields, and what these may be."""

from __future__ import annotations

from typing import Any

from emulator.core.describing import FILLED, OBJECT, Defs, Schema, fields, listed
from emulator.core.moments import read_moment
from emulator.core.options import boolean, one_of
from emulator.web import parts
from emulator.web.parts import (
    CamelPart,
    Part,
    Value,
    any_text,
    key_text,
    text,
    thing,
    things,
    whole,
)

from .records import BAD_UUID, CATEGORIES, UUID
from .records import CHANNEL as WHATSAPP

STATUSES = ("APPROVED", "PENDING", "REJECTED")
HEADERS = ("none", "text", "image", "video", "document")
BUTTONS = ("URL", "OTP", "QUICK_REPLY", "PHONE_NUMBER")
CHANNEL_TYPES = (WHATSAPP, "messenger", "widget")


def _uuid(value: Any) -> str:
    uuid = text(value)
    if not UUID.fullmatch(uuid):
        raise ValueError(BAD_UUID)
    return uuid.lower()


def _flag_of_one(value: Any) -> int:
    if value not in (0, 1) or isinstance(value, bool):
        raise ValueError("Must be 0 or 1")
    return int(value)


def _identifier(value: Any) -> str:
    return text(value).removeprefix("+")


def _columns(value: Any) -> dict[str, Any]:
    if any(isinstance(item, dict | list) for item in thing(value).values()):
        raise ValueError("Must be an object of strings, numbers and truths")
    return dict(value)


class WorkspacePart(CamelPart):
    id = Value(text)
    name = Value(text)
    api_keys = Value(things)
    channels = Value(things)
    templates = Value(things)
    contact_lists = Value(things)
    webhooks = Value(things)
    broadcasts = Value(things)
    messages = Value(things)


class KeyPart(Part):
    name = Value(text)
    token = Value(key_text)
    active = Value(boolean)


class ChannelPart(Part):
    uuid = Value(_uuid)
    type = Value(one_of(*CHANNEL_TYPES))
    identifier = Value(_identifier)


class TemplatePart(Part):
    name = Value(text)
    locale = Value(text)
    status = Value(one_of(*STATUSES))
    category = Value(one_of(*CATEGORIES))
    header = Value(thing)
    body = Value(thing)
    buttons = Value(things)
    cards = Value(things)


class CardPart(Part):
    index = Value(whole)
    header = Value(thing)
    body = Value(thing)
    buttons = Value(things)


class HeaderPart(Part):
    type = Value(one_of(*HEADERS))
    parameters = Value(_flag_of_one)


class BodyPart(Part):
    text = Value(any_text)
    parameters = Value(whole)


class ButtonPart(Part):
    index = Value(whole)
    type = Value(one_of(*BUTTONS))
    dynamic = Value(boolean)


class ListPart(Part):
    uuid = Value(_uuid)
    name = Value(text)
    contacts = Value(things)


class ContactPart(Part):
    uuid = Value(_uuid)
    phone = Value(any_text, allow_none=True)
    first_name = Value(any_text, allow_none=True)
    last_name = Value(any_text, allow_none=True)
    email = Value(any_text, allow_none=True)
    external_contact_id = Value(any_text, allow_none=True)
    custom_fields = Value(_columns)
    created_at = Value(read_moment)
    updated_at = Value(read_moment)


class WebhookPart(CamelPart):
    id = Value(text)
    name = Value(text, allow_none=True)
    trigger = Value(text, allow_none=True)
    channel_uuid = Value(_uuid, allow_none=True)
    url = Value(text)
    secret = Value(text)
    active = Value(boolean)


WORKSPACE, KEY, CHANNEL = WorkspacePart(), KeyPart(), ChannelPart()
TEMPLATE, CARD, HEADER, BODY, BUTTON = (
    TemplatePart(),
    CardPart(),
    HeaderPart(),
    BodyPart(),
    ButtonPart(),
)
LIST, CONTACT, WEBHOOK = ListPart(), ContactPart(), WebhookPart()


def describe(defs: Defs, **more: Schema) -> Schema:
    """Return the JSON Schema of the part.

    :param more: lists of a workspace that are described elsewhere.
    """

    def many(name: str, kind: type[Part], **nested: Schema) -> Schema:
        return listed(defs, f"cuedesk.{name}", parts.describe(kind, known, **nested))

    def face() -> dict[str, Schema]:
        return {
            "header": fields(parts.describe(HeaderPart, known)),
            "body": fields(parts.describe(BodyPart)),
            "buttons": many("button", ButtonPart),
        }

    known = {_uuid: FILLED, _flag_of_one: ONE_OR_NONE, _identifier: FILLED, _columns: OBJECT}
    workspace = parts.describe(
        WorkspacePart,
        api_keys=many("apiKey", KeyPart),
        channels=many("channel", ChannelPart),
        templates=many("template", TemplatePart, cards=many("card", CardPart, **face()), **face()),
        contact_lists=many("contactList", ListPart, contacts=many("contact", ContactPart)),
        webhooks=many("webhook", WebhookPart),
        **more,
    )
    return fields({"workspaces": listed(defs, "cuedesk.workspace", workspace)})


ONE_OR_NONE: Schema = {"enum": [0, 1]}
