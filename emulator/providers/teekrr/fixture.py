"""Read clients, keys, templates and webhooks from fixtures, merging them into what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from marshmallow import EXCLUDE, Schema, ValidationError, fields

from emulator.core.errors import Problems, escape, nearest
from emulator.core.fixtures import merge_endpoint, read_moment
from emulator.core.records import ENDPOINTS
from emulator.core.sandbox import Sandbox

from . import auth
from .records import (
    CHANNELS,
    CLIENTS,
    KEYS,
    SCOPES,
    SLUG,
    TEMPLATES,
    Client,
    Key,
    Template,
)

DEFAULT_RATES = {"sms": 8, "whatsapp": 35, "email": 2}
STATUSES = ("approved", "pending", "rejected")
FORMATS = ("none", "text", "image", "video", "document")
WEBHOOK_FIELDS = ("id", "url", "events", "secret", "active")
LONGEST_KEY = 512
ONE_OF = "Must be one of: "


class _Value(fields.Field[Any]):
    """A value that one function reads."""

    def __init__(self, check: Any, **more: Any) -> None:
        super().__init__(**more)
        self.check = check

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        try:
            return self.check(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("Must be a string that is not empty")
    return value


def _any_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("Must be a string")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("Must be a whole number from 0")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("Must be true or false")
    return value


def _thing(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("Must be an object")
    return value


def _things(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("Must be a list of objects")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValueError("Must be a list of strings that are not empty")
    return tuple(value)


def _one_of(*words: str) -> Any:
    def check(value: Any) -> str:
        if value not in words:
            raise ValueError(f"{ONE_OF}{', '.join(words)}")
        return str(value)

    return check


def _scopes(value: Any) -> tuple[str, ...]:
    scopes = _texts(value)
    if not set(scopes) <= set(SCOPES):
        raise ValueError(f"Must be a list of: {', '.join(SCOPES)}")
    return scopes


def _whitelist(value: Any) -> tuple[str, ...]:
    entries = _texts(value)
    for entry in entries:
        try:
            auth.network(entry)
        except ValueError as error:
            raise ValueError(f"Must be addresses or CIDR blocks: {error}") from error
    return entries


def _key(value: Any) -> str:
    key = _text(value)
    if len(key) > LONGEST_KEY or not key.isprintable() or key != key.strip():
        raise ValueError(f"Must be 1 to {LONGEST_KEY} printable characters")
    return key


class _Part(Schema):
    class Meta:
        unknown = EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        first, *others = field_name.split("_")
        field_obj.data_key = first + "".join(word.capitalize() for word in others)


class _ClientPart(_Part):
    id = _Value(_text)
    name = _Value(_text)
    billing = _Value(_thing)
    rates = _Value(_thing)
    subscriptions = _Value(_thing)
    waba = _Value(_thing)
    keywords = _Value(_texts)
    api_keys = _Value(_things)
    templates = _Value(_things)
    webhooks = _Value(_things)


class _BillingPart(_Part):
    mode = _Value(_one_of("prepaid", "postpaid"))
    credit_balance = _Value(_whole)
    credit_reserved = _Value(_whole)
    credit_spent = _Value(_whole)
    cap = _Value(_whole)
    accrued = _Value(_whole)


class _RatesPart(_Part):
    sms = _Value(_whole)
    whatsapp = _Value(_whole)
    email = _Value(_whole)


class _SubscriptionsPart(_Part):
    sms = _Value(_flag)
    whatsapp = _Value(_flag)
    email = _Value(_flag)


class _WabaPart(_Part):
    own = _Value(_flag)
    platform_default_enabled = _Value(_flag)


class KeyPart(_Part):
    """An API key as fixtures and the control API write it."""

    name = _Value(_text)
    key = _Value(_key)
    scopes = _Value(_scopes)
    ip_whitelist = _Value(_whitelist)
    expires_at = _Value(read_moment, allow_none=True)
    revoked_at = _Value(read_moment, allow_none=True)


class _TextTemplatePart(_Part):
    channel = _Value(_one_of(*CHANNELS))
    name = _Value(_text)
    status = _Value(_one_of(*STATUSES))
    content = _Value(_any_text)


class _WhatsAppTemplatePart(_Part):
    channel = _Value(_one_of(*CHANNELS))
    name = _Value(_text)
    status = _Value(_one_of(*STATUSES))
    language = _Value(_text)
    header = _Value(_thing)
    body = _Value(_thing)
    buttons = _Value(_thing)
    named_params = _Value(_texts)


class _HeaderPart(_Part):
    format = _Value(_one_of(*FORMATS))
    variables = _Value(_whole)


class _BodyPart(_Part):
    text = _Value(_any_text)
    variables = _Value(_whole)


class _ButtonsPart(_Part):
    variables = _Value(_whole)


def load(found: Sandbox, part: Mapping[str, Any], pointer: str, problems: Problems) -> None:
    """Merge a fixture's part: what is known is changed field by field, the rest is added."""
    problems.unknown_keys(pointer, part, ("clients",))
    given = part.get("clients", [])
    if not isinstance(given, list):
        problems.add(f"{pointer}/clients", "Must be a list of objects")
        return
    for at, item in enumerate(given):
        _load_client(found, item, f"{pointer}/clients/{at}", problems)


def _read(kind: type[_Part], given: Any, pointer: str, problems: Problems) -> dict[str, Any] | None:
    """Return the fields given, None if there are mistakes."""
    if not isinstance(given, dict):
        problems.add(pointer, "Must be an object")
        return None
    before = len(problems.found)
    schema = kind(partial=True)
    problems.unknown_keys(
        pointer, given, [field.data_key or "" for field in schema.load_fields.values()]
    )
    try:
        read: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        for name, messages in error.messages_dict.items():
            for message in messages:
                suggestion = _suggestion(given.get(name), message)
                problems.add(f"{pointer}/{escape(name)}", message, suggestion)
        return None
    return read if len(problems.found) == before else None


def _suggestion(value: Any, message: str) -> str | None:
    choices = message.removeprefix(ONE_OF)
    if choices == message or not isinstance(value, str):
        return None
    return nearest(value, choices.split(", "))


def _load_client(found: Sandbox, given: Any, pointer: str, problems: Problems) -> None:
    read = _read(_ClientPart, given, pointer, problems)
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
    client = table.put(_changed_client(client, read, pointer, problems))
    for at, item in enumerate(read.get("api_keys", ())):
        load_key(found, client, item, f"{pointer}/apiKeys/{at}", problems)
    for at, item in enumerate(read.get("templates", ())):
        _load_template(found, client, item, f"{pointer}/templates/{at}", problems)
    for at, item in enumerate(read.get("webhooks", ())):
        _load_webhook(found, client, item, f"{pointer}/webhooks/{at}", problems)


def _changed_client(
    client: Client, read: Mapping[str, Any], pointer: str, problems: Problems
) -> Client:
    def part(kind: type[_Part], name: str) -> dict[str, Any]:
        if name not in read:
            return {}
        return _read(kind, read[name], f"{pointer}/{name}", problems) or {}

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


def load_key(
    found: Sandbox, client: Client, given: Any, pointer: str, problems: Problems
) -> Key | None:
    """Add a key to a client, or change the one with the same plaintext, else the same name."""
    read = _read(KeyPart, given, pointer, problems)
    if read is None:
        return None
    table = found.store.table(KEYS)
    known = table.one("key", read["key"]) if "key" in read else _of_name(found, client, read)
    if known is not None and known.account != client.id:
        problems.add(f"{pointer}/key", f"Client {known.account!r} has this key already")
        return None
    if known is not None:
        return table.put(msgspec.structs.replace(known, **read))
    serial = found.ids.serial(KEYS.name)
    values = {"name": f"key-{serial}", **read}
    values.setdefault("key", auth.draw_key(found))
    return table.put(Key(id=f"key-{serial}", serial=serial, account=client.id, **values))


def _of_name(found: Sandbox, client: Client, read: Mapping[str, Any]) -> Key | None:
    named = [key for key in auth.keys_of(found, client) if key.name == read.get("name")]
    return named[0] if named else None


def make_key(
    found: Sandbox, client: Client, given: Mapping[str, Any], problems: Problems
) -> dict[str, Any]:
    """Make a key for a client and return it, plaintext included.

    :raises Invalid: the wish has mistakes, or the client has a key of that name.
    """
    names = {key.name for key in auth.keys_of(found, client)}
    if given.get("name") in names:
        problems.add("/name", f"Client {client.id!r} has a key of this name already")
    plaintext = given.get("key")
    if isinstance(plaintext, str) and found.store.table(KEYS).one("key", plaintext) is not None:
        problems.add("/key", "There is such a key already")
    problems.check()
    key = load_key(found, client, given, "", problems)
    problems.check()
    assert key is not None
    return auth.show_key(key)


def _load_template(
    found: Sandbox, client: Client, given: Any, pointer: str, problems: Problems
) -> None:
    is_whatsapp = isinstance(given, dict) and given.get("channel") == "whatsapp"
    kind = _WhatsAppTemplatePart if is_whatsapp else _TextTemplatePart
    read = _read(kind, given, pointer, problems)
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
    table.put(Template(id=f"template-{serial}", serial=serial, account=client.id, **values))


def _parts(read: Mapping[str, Any], pointer: str, problems: Problems) -> dict[str, Any]:
    """Return the nested objects of a WhatsApp template as fields of the record."""
    values: dict[str, Any] = {}
    nested: Iterable[tuple[str, type[_Part], str]] = (
        ("header", _HeaderPart, "header"),
        ("body", _BodyPart, "body"),
        ("buttons", _ButtonsPart, "button"),
    )
    for name, kind, prefix in nested:
        if name in read:
            inner = _read(kind, read[name], f"{pointer}/{name}", problems) or {}
            values.update({f"{prefix}_{field}": value for field, value in inner.items()})
    return values


def _load_webhook(
    found: Sandbox, client: Client, given: Any, pointer: str, problems: Problems
) -> None:
    if not isinstance(given, dict):
        problems.add(pointer, "Must be an object")
        return
    problems.unknown_keys(pointer, given, WEBHOOK_FIELDS)
    known = {name: value for name, value in given.items() if name in WEBHOOK_FIELDS}
    same = [
        endpoint.id
        for endpoint in found.store.table(ENDPOINTS).every("account", (SLUG, client.id))
        if "id" not in given and endpoint.url == given.get("url")
    ]
    if same:
        known["id"] = same[0]
    merge_endpoint(found, {**known, "provider": SLUG, "account": client.id}, pointer, problems)


def account_part(account: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fixture's part that holds one account."""
    return {"clients": [account]}
