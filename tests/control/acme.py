"""Invented vendors that differ in nothing but their names: what the control plane is tried on."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from flask import Blueprint, Response, request
from marshmallow import Schema, fields

from emulator.core.errors import BadBody, Conflict, EmulatorError, NotFound, Problems, Unauthorized
from emulator.core.lifecycle import OUTCOMES, Delay, Lifecycle
from emulator.core.records import Account, Broadcast, Endpoint, Message, Moment
from emulator.core.rules import filed
from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind, Lookup, Order
from emulator.core.vendor import BroadcastView, Inbound, MessageView, Move, Vendor
from emulator.core.webhooks import RetryPolicy
from emulator.web import context
from emulator.web.bodies import json_response, parse_json, read_body
from emulator.web.operations import operation
from emulator.web.provider import Provider, Unmatched

DOCS = "https://docs.acme.example/"
READ_ON = "2026-01-12"
WORDS = {"sent": "dispatched", "failed": "undelivered"}
SOON = Delay(1, 1, 1)
LIFECYCLE = Lifecycle(
    name="acme message",
    initial="queued",
    steps={
        ("queued", "sent"): SOON,
        ("queued", "failed"): SOON,
        ("sent", "delivered"): SOON,
        ("sent", "failed"): SOON,
    },
    outcomes={
        **dict.fromkeys(OUTCOMES, ("sent", "delivered")),
        "undelivered": ("sent", "failed"),
        "rejected": ("failed",),
        "stuck": ("sent",),
        "pending": (),
    },
    delay_names={state: state for state in ("sent", "delivered", "failed")},
    pushes={
        "queued": frozenset({"sent", "failed"}),
        "sent": frozenset({"delivered", "failed"}),
    },
)


class AcmeAccount(Account, frozen=True, kw_only=True, gc=False):
    """A customer: its number, its credit and its keys."""

    number: str
    credit: int = 0
    tags: tuple[str, ...] = ()
    api_keys: Mapping[str, str] = {}


class AcmeMessage(Message, frozen=True, kw_only=True, gc=False):
    """A text."""

    text: str


class AcmeBroadcast(Broadcast, frozen=True, kw_only=True, gc=False):
    """A text to many."""

    name: str
    total: int


def make_provider(slug: str) -> Provider:
    """Return a vendor with this slug."""
    return Acme(slug).provider()


class SendIn(Schema):
    to = fields.Str(required=True)
    text = fields.Str(required=True)
    options = fields.Nested(Schema.from_dict({"priority": fields.Int()}))
    parts = fields.List(
        fields.Nested(Schema.from_dict({"kind": fields.Str(), "caption": fields.Str()}))
    )


class BroadcastIn(Schema):
    name = fields.Str(required=True)
    recipients = fields.List(fields.Str(), required=True)
    text = fields.Str(required=True)


class Acme:
    """The kinds, views and rules of one vendor."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.accounts: Kind[AcmeAccount] = Kind(
            f"{slug}.accounts",
            AcmeAccount,
            {"key": Lookup(frozenset({"api_keys"}), lambda a: list(a.api_keys.values()))},
        )
        on = frozenset({"created_at"})
        self.messages: Kind[AcmeMessage] = Kind(
            f"{slug}.messages",
            AcmeMessage,
            orders={
                "all": Order(on, lambda m: ("all",), lambda m: m.created_at),
                "broadcast": Order(
                    on, lambda m: (m.broadcast,) if m.broadcast else (), lambda m: m.created_at
                ),
                "address": Order(on, filed, lambda m: m.created_at),
            },
        )
        self.broadcasts: Kind[AcmeBroadcast] = Kind(
            f"{slug}.broadcasts",
            AcmeBroadcast,
            orders={"all": Order(on, lambda b: ("all",), lambda b: b.created_at)},
        )
        self.vendor = Vendor(
            slug=slug,
            key_header=("X-Api-Key", "{key}"),
            rate_scopes=frozenset({"/messages"}),
            title=slug.title(),
            kinds=(self.accounts, self.messages, self.broadcasts),
            accounts=self.accounts,
            messages=self.messages,
            broadcasts=self.broadcasts,
            lifecycle=lambda channel: LIFECYCLE,
            sign=sign,
            moved=self.moved,
            receive=self.receive,
            cancel=self.cancel,
            load=self.load,
            account_of_key=self.account_of_key,
            account_view=self.account_view,
            keys=self.keys,
            message_view=self.message_view,
            broadcast_view=self.broadcast_view,
            make_key=self.make_key,
            drop_key=self.drop_key,
            events=frozenset({"status", "inbound"}),
            retry=lambda sandbox, delivery: RetryPolicy((5, 60)),
            account_part=lambda document: {"customers": [document]},
        )

    # What core asks.

    def moved(self, sandbox: Sandbox, moves: Sequence[Move], at: datetime) -> None:
        for move in moves:
            self.tell(sandbox, move.after, "status")

    def tell(self, sandbox: Sandbox, message: Message, event: str) -> None:
        endpoints = sandbox.webhooks.listening(self.slug, message.account, event)
        body = msgspec.json.encode({"id": message.id, "status": self.word(message.state)})
        sandbox.webhooks.owe(self.vendor, endpoints, event, message.id, body)

    def word(self, state: str) -> str:
        return WORDS.get(state, state)

    def receive(self, sandbox: Sandbox, wanted: Inbound) -> AcmeMessage:
        accounts = sorted(sandbox.store.table(self.accounts), key=lambda a: a.serial)
        account = wanted.account or accounts[0].id
        if wanted.text == "nobody is there":
            raise Conflict("the channel is not connected")
        now = sandbox.clock.now()
        message = AcmeMessage(
            **self.identity(sandbox),
            account=account,
            address=f"+{wanted.from_.removeprefix('+')}",
            state="received",
            history=(Moment("received", now),),
            created_at=now,
            direction="in",
            text=wanted.text or "",
        )
        sandbox.store.table(self.messages).add(message)
        self.tell(sandbox, message, "inbound")
        return message

    def identity(self, sandbox: Sandbox) -> dict[str, Any]:
        kind = f"{self.slug}.messages"
        return {
            "id": sandbox.ids.uuid4(kind),
            "serial": sandbox.ids.serial(kind),
            "channel": "sms",
        }

    def cancel(self, sandbox: Sandbox, broadcast: AcmeBroadcast) -> AcmeBroadcast:
        if broadcast.state == "cancelled":
            raise Conflict("it is cancelled already")
        return sandbox.store.table(self.broadcasts).change(broadcast, state="cancelled")

    def load(
        self, sandbox: Sandbox, part: Mapping[str, Any], pointer: str, problems: Problems
    ) -> None:
        for at, given in enumerate(part.get("customers", ())):
            here = f"{pointer}/customers/{at}"
            known = [field for field in AcmeAccount.__struct_fields__ if field != "serial"]
            before = len(problems.found)
            problems.unknown_keys(here, given, known)
            if not isinstance(given.get("credit", 0), int):
                problems.add(f"{here}/credit", "Must be a whole number")
            if len(problems.found) == before:
                self.load_one(sandbox, dict(given))

    def load_one(self, sandbox: Sandbox, given: dict[str, Any]) -> None:
        table = sandbox.store.table(self.accounts)
        known = table.find(given.get("id", ""))
        if "tags" in given:
            given["tags"] = tuple(given["tags"])
        if known is not None:
            keys = {**known.api_keys, **given.pop("api_keys", {})}
            table.change(known, **given, api_keys=keys)
            return
        serial = sandbox.ids.serial(f"{self.slug}.accounts")
        values = {"id": f"{self.slug}-{serial}", "name": "", "number": "+1000", **given}
        table.add(AcmeAccount(serial=serial, **values))

    def account_of_key(self, sandbox: Sandbox, key: str) -> str | None:
        found = sandbox.store.table(self.accounts).one("key", key)
        return found.id if found else None

    def keys(self, sandbox: Sandbox, account: Any) -> list[dict[str, Any]]:
        return [{"name": name, "key": key} for name, key in account.api_keys.items()]

    def account_view(self, sandbox: Sandbox, account: AcmeAccount) -> dict[str, Any]:
        view: dict[str, Any] = msgspec.to_builtins(msgspec.structs.asdict(account))
        del view["serial"]
        return view

    def make_key(
        self, sandbox: Sandbox, account: AcmeAccount, given: Mapping[str, Any], problems: Problems
    ) -> dict[str, Any]:
        problems.unknown_keys("", given, ("name",))
        key = sandbox.ids.text("keys", 16)
        name = given.get("name", "unnamed")
        keys = {**account.api_keys, name: key}
        sandbox.store.table(self.accounts).change(account, api_keys=keys)
        return {"name": name, "key": key}

    def drop_key(self, sandbox: Sandbox, account: AcmeAccount, name: str) -> None:
        if name not in account.api_keys:
            raise NotFound(f"no key {name!r}")
        keys = {other: key for other, key in account.api_keys.items() if other != name}
        sandbox.store.table(self.accounts).change(account, api_keys=keys)

    def message_view(self, sandbox: Sandbox, message: AcmeMessage) -> MessageView:
        number = sandbox.store.table(self.accounts).get(message.account).number
        is_sent = message.direction == "out"
        return MessageView(
            status=self.word(message.state),
            statuses=[self.word(step.state) for step in message.history],
            text=message.text,
            from_=number if is_sent else message.address,
            to=message.address if is_sent else number,
            broadcast=message.broadcast,
        )

    def broadcast_view(self, sandbox: Sandbox, broadcast: AcmeBroadcast) -> BroadcastView:
        return BroadcastView(
            status=broadcast.state,
            channel="sms",
            name=broadcast.name,
            total=broadcast.total,
            counts={},
        )

    # What clients see.

    def provider(self) -> Provider:
        bp = Blueprint(self.slug, __name__)

        @bp.post("/messages")
        @operation("messages.create", source=DOCS, read_on=READ_ON, takes=SendIn)
        def send() -> tuple[Response, int]:
            body = fields_sent()
            [message] = self.send([body["to"]], body["text"], None)
            return json_response({"id": message.id}), 202

        @bp.post("/broadcasts")
        @operation("broadcasts.create", source=DOCS, read_on=READ_ON, takes=BroadcastIn)
        def send_to_many() -> tuple[Response, int]:
            body = fields_sent()
            return json_response({"id": self.broadcast(body)}), 202

        return Provider(
            vendor=self.vendor,
            blueprint=lambda: bp,
            hosts=(),
            credential=lambda environ: environ.get("HTTP_X_API_KEY"),
            admit=self.admit,
            error_response=error_response,
            example=lambda base_url, key: "",
        )

    def admit(self, wanted: object) -> None:
        sandbox = context.sandbox()
        found = self.account_of_key(sandbox, request.headers.get("X-Api-Key", ""))
        if found is None:
            raise Unauthorized("unknown key")
        context.set_caller(sandbox.store.table(self.accounts).get(found))

    def broadcast(self, body: Mapping[str, Any]) -> str:
        sandbox = context.sandbox()
        kind = f"{self.slug}.broadcasts"
        broadcast = AcmeBroadcast(
            id=sandbox.ids.uuid4(kind),
            serial=sandbox.ids.serial(kind),
            account=context.caller().id,
            state="processing",
            created_at=sandbox.clock.now(),
            name=body["name"],
            total=len(body["recipients"]),
        )
        sandbox.store.table(self.broadcasts).add(broadcast)
        self.send(body["recipients"], body["text"], broadcast.id)
        return broadcast.id

    def send(
        self, recipients: Sequence[str], text: str, broadcast: str | None
    ) -> list[AcmeMessage]:
        return self.tell_people(
            context.sandbox(), context.caller().id, recipients, text, broadcast=broadcast
        )

    def tell_people(
        self,
        sandbox: Sandbox,
        account: str,
        recipients: Sequence[str],
        text: str,
        *,
        broadcast: str | None = None,
    ) -> list[AcmeMessage]:
        """Send a text to people, within a unit of work."""
        now = sandbox.clock.now()
        addressed = [(address, text) for address in recipients]
        fates = sandbox.messaging.choose(
            self.vendor, account, "sms", addressed, broadcast=broadcast
        )
        messages = [
            AcmeMessage(
                **self.identity(sandbox),
                account=account,
                address=address,
                state="queued",
                history=(Moment("queued", now),),
                created_at=now,
                broadcast=broadcast,
                plan=fate.plan,
                nth=fate.nth,
                text=text,
            )
            for address, fate in zip(recipients, fates, strict=True)
        ]
        sandbox.messaging.launch(self.vendor, messages)
        return messages


def fields_sent() -> dict[str, Any]:
    """Return the body of a request, an object."""
    body = parse_json(read_body())
    if not isinstance(body, dict):
        raise BadBody("no object")
    return body


def sign(
    sandbox: Sandbox, endpoint: Endpoint, event: str, body: bytes
) -> tuple[tuple[str, str], ...]:
    """Return Acme's headers."""
    digest = hmac.new(endpoint.secret.encode(), body, hashlib.sha256).hexdigest()
    return (
        ("Content-Type", "application/json"),
        ("X-Acme-Event", event),
        ("X-Acme-Signature", digest),
    )


def error_response(error: Exception) -> Response:
    """Say an error Acme's way."""
    status = 404 if isinstance(error, Unmatched | NotFound) else 500
    if isinstance(error, EmulatorError):
        status = {"unauthorized": 401, "bad_body": 400}.get(error.name, status)
    return json_response({"error": str(error)}, status)
