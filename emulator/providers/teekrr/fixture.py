"""Read clients, keys, templates and webhooks from fixtures, merging them into what is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from emulator.core.describing import (
    FILLED,
    STRINGS,
    TRUTH,
    Defs,
    Schema,
    choice,
    fields,
    listed,
    optional,
)
from emulator.core.endpoints import check_owner, merge_endpoint
from emulator.core.errors import Problems, nearest
from emulator.core.late import late
from emulator.core.moments import read_moment
from emulator.core.options import boolean, one_of
from emulator.core.records import ENDPOINTS
from emulator.core.sandbox import Sandbox
from emulator.core.wording import Wording
from emulator.web import parts
from emulator.web.keys import KeyRing
from emulator.web.parts import (
    CamelPart,
    Value,
    any_text,
    each_account,
    key_text,
    read_good,
    read_part,
    text,
    thing,
    things,
    whole,
)

from . import auth
from .records import (
    CHANNELS,
    CLIENTS,
    KEYS,
    SCOPES,
    SLUG,
    TEMPLATES,
    Client,
    Template,
)
from .templates import WHATSAPP_PLACEHOLDER

if TYPE_CHECKING:
    from . import fixture_traffic
else:
    [fixture_traffic] = late(__name__, "fixture_traffic")

LONGEST_NAME, LONGEST_KEYWORD = 512, 10
DEFAULT_RATES = {"sms": 8, "whatsapp": 35, "email": 2}
STATUSES = ("approved", "pending", "rejected")
FORMATS = ("none", "text", "image", "video", "document")
_PLACE = re.compile(r"[1-9][0-9]{0,3}")
WEBHOOK_FIELDS = ("id", "url", "events", "secret", "active")


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValueError("Must be a list of strings that are not empty")
    return tuple(value)


def _within(most: int) -> Callable[[Any], str]:
    """Return a check of texts that bodies must be able to name: longer ones never match."""

    def check(value: Any) -> str:
        if len(text(value)) > most:
            raise ValueError(f"Must be at most {most} characters")
        return str(value)

    return check


_scope = one_of(*SCOPES)
_keyword = _within(LONGEST_KEYWORD)


class _ClientPart(CamelPart):
    id = Value(text)
    name = Value(text)
    billing = Value(thing)
    rates = Value(thing)
    subscriptions = Value(thing)
    waba = Value(thing)
    keywords = Value(_texts)
    api_keys = Value(things)
    templates = Value(things)
    webhooks = Value(things)
    broadcasts = Value(things)
    messages = Value(things)


class _BillingPart(CamelPart):
    mode = Value(one_of("prepaid", "postpaid"))
    credit_balance = Value(whole)
    credit_reserved = Value(whole)
    credit_spent = Value(whole)
    cap = Value(whole)
    accrued = Value(whole)


class _RatesPart(CamelPart):
    sms = Value(whole)
    whatsapp = Value(whole)
    email = Value(whole)


class _SubscriptionsPart(CamelPart):
    sms = Value(boolean)
    whatsapp = Value(boolean)
    email = Value(boolean)


class _WabaPart(CamelPart):
    own = Value(boolean)
    platform_default_enabled = Value(boolean)


class KeyPart(CamelPart):
    """An API key as fixtures and the control API write it."""

    name = Value(text)
    key = Value(key_text)
    scopes = Value(_texts)
    ip_whitelist = Value(_texts)
    expires_at = Value(read_moment, allow_none=True)
    revoked_at = Value(read_moment, allow_none=True)


class _TextTemplatePart(CamelPart):
    channel = Value(one_of(*CHANNELS))
    name = Value(_within(LONGEST_NAME))
    status = Value(one_of(*STATUSES))
    content = Value(any_text)


class _WhatsAppTemplatePart(CamelPart):
    channel = Value(one_of(*CHANNELS))
    name = Value(_within(LONGEST_NAME))
    status = Value(one_of(*STATUSES))
    language = Value(text)
    header = Value(thing)
    body = Value(thing)
    buttons = Value(thing)
    named_params = Value(_texts)


class _HeaderPart(CamelPart):
    format = Value(one_of(*FORMATS))
    variables = Value(whole)


class _BodyPart(CamelPart):
    text = Value(any_text)
    variables = Value(whole)


class _ButtonsPart(CamelPart):
    variables = Value(whole)


def load(found: Sandbox, part: Mapping[str, Any], pointer: str, problems: Problems) -> None:
    """Merge a fixture's part: what is known is changed field by field, the rest is added."""
    for item, where in each_account(part, "clients", pointer, problems):
        _load_client(found, item, where, problems)


def _load_client(found: Sandbox, given: Any, pointer: str, problems: Problems) -> None:
    read = read_good(_ClientPart(), given, pointer, problems)
    if read is None:
        return
    table = found.store.table(CLIENTS)
    id = read.get("id") or found.ids.text("teekrr.clients", 12)
    client = table.find(id) or Client(
        id=id,
        serial=found.ids.serial(CLIENTS.name),
        name=id,
        rates=DEFAULT_RATES,
        subscriptions=dict.fromkeys(CHANNELS, True),
        may_use_platform_waba=True,
    )
    for at, keyword in enumerate(read.get("keywords", ())):
        _check_item(_keyword, keyword, f"{pointer}/keywords/{at}", problems)
    client = table.put(_changed_client(client, read, pointer, problems))
    for at, item in enumerate(read.get("api_keys", ())):
        KEY_RING.load(found, client, item, f"{pointer}/apiKeys/{at}", problems)
    for at, item in enumerate(read.get("templates", ())):
        _load_template(found, client, item, f"{pointer}/templates/{at}", problems)
    for at, item in enumerate(read.get("webhooks", ())):
        _load_webhook(found, client, item, f"{pointer}/webhooks/{at}", problems)
    if read.keys() & {"broadcasts", "messages"}:
        fixture_traffic.load(found, client, read, pointer, problems)


def _changed_client(
    client: Client, read: Mapping[str, Any], pointer: str, problems: Problems
) -> Client:
    def part(kind: type[CamelPart], name: str) -> dict[str, Any]:
        if name not in read:
            return {}
        return read_part(kind(), read[name], f"{pointer}/{name}", problems) or {}

    billing = part(_BillingPart, "billing")
    waba = part(_WabaPart, "waba")
    return msgspec.structs.replace(
        client,
        name=read.get("name", client.name),
        billing=msgspec.structs.replace(
            client.billing,
            **{name.removeprefix("credit_"): value for name, value in billing.items()},
        ),
        rates={**client.rates, **part(_RatesPart, "rates")},
        subscriptions={**client.subscriptions, **part(_SubscriptionsPart, "subscriptions")},
        has_own_waba=waba.get("own", client.has_own_waba),
        may_use_platform_waba=waba.get("platform_default_enabled", client.may_use_platform_waba),
        keywords=read.get("keywords", client.keywords),
    )


def _check_key(read: Mapping[str, Any], pointer: str, problems: Problems) -> None:
    for at, scope in enumerate(read.get("scopes", ())):
        _check_item(_scope, scope, f"{pointer}/scopes/{at}", problems, SCOPES)
    for at, entry in enumerate(read.get("ip_whitelist", ())):
        _check_item(auth.network, entry, f"{pointer}/ipWhitelist/{at}", problems)


def _check_item(
    check: Callable[[str], Any],
    item: str,
    pointer: str,
    problems: Problems,
    choices: tuple[str, ...] = (),
) -> None:
    try:
        check(item)
    except ValueError as error:
        problems.add(pointer, str(error), nearest(item, choices))


KEY_RING = KeyRing(KEYS, KeyPart, auth.draw_key, auth.show_key, "client", _check_key)


def make_key(
    found: Sandbox, client: Client, given: Mapping[str, Any], problems: Problems
) -> dict[str, Any]:
    """Make a key of a client and return it, plaintext included."""
    return KEY_RING.make(found, client, given, problems)


def _load_template(
    found: Sandbox, client: Client, given: Any, pointer: str, problems: Problems
) -> None:
    is_whatsapp = isinstance(given, dict) and given.get("channel") == "whatsapp"
    kind = _WhatsAppTemplatePart if is_whatsapp else _TextTemplatePart
    read = read_part(kind(), given, pointer, problems)
    missing = [name for name in ("channel", "name") if read is not None and name not in read]
    for name in missing:
        problems.add(f"{pointer}/{name}", "Required")
    if read is None or missing:
        return
    values = {**read, **_parts(read, pointer, problems)}
    for name in ("header", "body", "buttons"):
        values.pop(name, None)
    table = found.store.table(TEMPLATES)
    known = table.one("name", (client.id, read["channel"], read["name"]))
    if known is not None:
        table.put(msgspec.structs.replace(known, **values))
        return
    serial = found.ids.serial(TEMPLATES.name)
    counted = _counted(values.get("body_text", ""))
    made = {"id": f"template-{serial}", "serial": serial, "account": client.id, **counted, **values}
    table.put(Template(**made))


def _counted(text: str) -> dict[str, Any]:
    """Return how many values the text of a new WhatsApp template takes, and their names.

    Placeholders that are numbers take the values of ``body`` in order.
    """
    names = Wording(text, WHATSAPP_PLACEHOLDER).names
    places = [int(name) for name in names if _PLACE.fullmatch(name)]
    return {
        "body_variables": max(places, default=0),
        "named_params": tuple(name for name in names if not name.isdecimal()),
    }


def _parts(read: Mapping[str, Any], pointer: str, problems: Problems) -> dict[str, Any]:
    """Return the nested objects of a WhatsApp template as fields of the record."""
    values: dict[str, Any] = {}
    nested: Iterable[tuple[str, type[CamelPart], str]] = (
        ("header", _HeaderPart, "header"),
        ("body", _BodyPart, "body"),
        ("buttons", _ButtonsPart, "button"),
    )
    for name, kind, prefix in nested:
        if name in read:
            inner = read_part(kind(), read[name], f"{pointer}/{name}", problems) or {}
            values.update({f"{prefix}_{field}": value for field, value in inner.items()})
    return values


def _load_webhook(
    found: Sandbox, client: Client, given: Any, pointer: str, problems: Problems
) -> None:
    if not isinstance(given, dict):
        problems.add(pointer, "Must be an object")
        return
    problems.unknown_keys(pointer, given, WEBHOOK_FIELDS)
    if not check_owner(found, (SLUG, client.id), given.get("id"), pointer, problems):
        return
    known = {name: value for name, value in given.items() if name in WEBHOOK_FIELDS}
    url = given.get("url")
    if "id" not in given and isinstance(url, str):
        for same in found.store.table(ENDPOINTS).every("url", (SLUG, client.id, url))[:1]:
            known["id"] = same.id
    merge_endpoint(found, {**known, "provider": SLUG, "account": client.id}, pointer, problems)


def account_part(account: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fixture's part that holds one account."""
    return {"clients": [account]}


def describe(defs: Defs) -> Schema:
    """Return the JSON Schema of the part."""

    def many(name: str, part: type[CamelPart], **nested: Schema) -> Schema:
        return listed(defs, f"teekrr.{name}", parts.describe(part, _KNOWN, **nested))

    client = parts.describe(
        _ClientPart,
        _KNOWN,
        billing=fields(parts.describe(_BillingPart)),
        rates=fields(parts.describe(_RatesPart)),
        subscriptions=fields(parts.describe(_SubscriptionsPart)),
        waba=fields(parts.describe(_WabaPart)),
        api_keys=many("apiKey", KeyPart, scopes={"type": "array", "items": choice(SCOPES)}),
        templates=_describe_template(defs),
        webhooks=_describe_webhook(defs),
        **fixture_traffic.describe(defs),
    )
    return fields({"clients": listed(defs, "teekrr.client", client)})


_KNOWN = {_texts: STRINGS, _keyword: FILLED}


def _describe_template(defs: Defs) -> Schema:
    whatsapp = parts.describe(
        _WhatsAppTemplatePart,
        header=fields(parts.describe(_HeaderPart)),
        body=fields(parts.describe(_BodyPart)),
        buttons=fields(parts.describe(_ButtonsPart)),
    )
    both = {**parts.describe(_TextTemplatePart), **whatsapp, "name": FILLED, "namedParams": STRINGS}
    return listed(defs, "teekrr.template", both)


def _describe_webhook(defs: Defs) -> Schema:
    webhook = dict.fromkeys(("id", "url", "secret"), FILLED)
    webhook |= {"events": optional(STRINGS), "active": TRUTH}
    return listed(defs, "teekrr.webhook", webhook)
