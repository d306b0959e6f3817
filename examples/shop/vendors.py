"""How the shop speaks to each vendor: one class for each, alike from outside."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class NotSent(Exception):
    """The vendor did not take the message; it may be worth another try."""


class Refused(Exception):
    """A callback that is not signed as the vendor signs."""


@dataclass(frozen=True)
class Report:
    """What a vendor says about a message, or what a person has written.

    :param reference: what :meth:`Vendor.send` returned for it.
    :param text: of a message from the person ``phone``.
    """

    reference: str | None = None
    status: str | None = None
    phone: str | None = None
    text: str | None = None


class Vendor(Protocol):
    """What the shop asks of a vendor."""

    def send(self, order: str, phone: str, text: str) -> str:
        """Send a text; return what reports will refer to it by."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Report | None:
        """Return what a callback says, None if it is of no interest."""


@dataclass(frozen=True)
class Access:
    """Where a vendor is, and how to show who is calling."""

    base_url: str
    headers: Mapping[str, str]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return what the vendor answers.

        :raises NotSent: it answers with an error, or not at all.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, "Content-Type": "application/json"}
        request = urllib.request.Request(self.base_url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            error.close()
            raise NotSent(f"{method} {path}: {error.code}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotSent(f"{method} {path}: no answer: {error}") from error


@dataclass(frozen=True)
class Teekrr:
    """Text messages by Teekrr, which tells of every message."""

    access: Access
    secret: str

    def send(self, order: str, phone: str, text: str) -> str:
        """Send a text message."""
        answer = self.access.call(
            "POST",
            "/sms",
            {
                "campaignName": f"Order {order}",
                "type": "quick broadcast",
                "templateContent": text,
                "recipients": [phone],
            },
        )
        return str(answer["data"]["broadcastUuid"])

    def read(self, headers: Mapping[str, str], body: bytes) -> Report | None:
        """Read an event; the key of the signature is the text of the secret's hash."""
        key = hashlib.sha256(self.secret.encode()).hexdigest()
        _check(headers.get("x-teekrr-signature", ""), key, body)
        event = json.loads(body)
        if event["event"] not in ("delivered", "failed"):
            return None
        return Report(reference=event["data"]["broadcastUuid"], status=event["event"])


@dataclass(frozen=True)
class Cuedesk:
    """WhatsApp by Cuedesk, which tells of messages by our own reference."""

    access: Access
    secret: str
    sender: str

    def send(self, order: str, phone: str, text: str) -> str:
        """Send a template: what a business writes first must be one."""
        self.access.call(
            "POST",
            "/v2/messages/whatsapp",
            {
                "to": phone,
                "from": self.sender,
                "client_reference": order,
                "template": {
                    "name": "monthly_newsletter",
                    "locale": "en",
                    "body_variables": [text],
                },
            },
        )
        return order

    def read(self, headers: Mapping[str, str], body: bytes) -> Report | None:
        """Read a status update, or what a person has written."""
        _check(headers.get("x-cue-signature", ""), self.secret, body)
        event = json.loads(body)["event"]
        if event["type"] == "status":
            return Report(reference=event["clientRef"], status=event["status"])
        return Report(phone=event["from"], text=event["content"].get("text"))


@dataclass(frozen=True)
class RapidPro:
    """Text messages by RapidPro, which tells nothing of itself: it has to be asked."""

    access: Access

    def send(self, order: str, phone: str, text: str) -> str:
        """Send a broadcast to one person."""
        body = {"urns": [f"tel:+{phone}"], "text": text}
        return str(self.access.call("POST", "/api/v2/broadcasts.json", body)["id"])

    def ask(self, reference: str) -> Report:
        """Ask what has become of a message."""
        path = f"/api/v2/messages.json?broadcast={reference}"
        [message] = self.access.call("GET", path)["results"] or [{"status": "queued"}]
        return Report(reference=reference, status=message["status"])

    def read(self, headers: Mapping[str, str], body: bytes) -> Report | None:
        """There are no callbacks to be read."""
        raise Refused("RapidPro does not call back")


@dataclass(frozen=True)
class Whautomate:
    """WhatsApp by Whautomate, which tells of what people write, and signs nothing."""

    access: Access
    location: str
    shared_secret: str

    def send(self, order: str, phone: str, text: str) -> str:
        """Send a template."""
        answer = self.access.call(
            "POST",
            "/v1/messages/whatsapp/sendtemplate",
            {
                "recepient": {"phoneNumber": f"+{phone}", "name": phone},
                "location": {"id": self.location},
                "template": {"name": "plain_hello", "language": "en"},
            },
        )
        if answer["status"] == "failed":
            raise NotSent(answer["error"])
        return str(answer["id"])

    def read(self, headers: Mapping[str, str], body: bytes) -> Report | None:
        """Read what a person has written; a header of our own shows that it is the vendor."""
        if not hmac.compare_digest(headers.get("x-shared-secret", ""), self.shared_secret):
            raise Refused("the shared secret is missing")
        message = json.loads(body).get("message")
        if message is None or not message["isIncoming"]:
            return None
        return Report(phone=message["contact"]["phoneNumber"], text=message["text"])


def _check(given: str, key: str, body: bytes) -> None:
    expected = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given, expected):
        raise Refused("the signature is wrong")
