"""What happened in a sandbox: messages, broadcasts, requests, callbacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, Unpack
from urllib.parse import quote

import msgspec

from . import records
from .fields import (
    BroadcastFilter,
    CallbackFilter,
    Failure,
    MessageFilter,
    Person,
    RequestFilter,
    failure,
    renamed,
)
from .found import Found
from .transport import Transport, place

R = TypeVar("R")
PAGE = 1000
MOST_OTHERS = 50
MOST_TEXT = 60


class Traffic:
    """What clients asked, what was sent and what was called back in one sandbox."""

    def __init__(self, transport: Transport, name: str) -> None:
        self.name = name
        self._transport = transport

    def messages(self, **filters: Unpack[MessageFilter]) -> Found[records.Message]:
        """List messages to and from people, newest first; ``text`` is looked for in the text."""
        return self._found("/messages", records.Message, "message", _message_line, filters)

    def message(self, id: str) -> records.Message:
        """Show one message by the vendor's own id."""
        return msgspec.convert(self._call("GET", f"/messages/{quote(id)}"), records.Message)

    def push_status(self, id: str, status: str, error: Failure | None = None) -> records.Message:
        """Force a message into a status now, with everything that follows from it.

        :raises Conflict: the vendor's messages cannot go there from where it is.
        """
        body: dict[str, Any] = {"status": status}
        if error is not None:
            body["error"] = failure(error)
        return msgspec.convert(
            self._call("POST", f"/messages/{quote(id)}/status", body), records.Message
        )

    def inbound(
        self, provider: str, from_: str, text: str | None = None, **person: Unpack[Person]
    ) -> records.Message:
        """Let a person write to an account, with everything that follows from it."""
        body = {"provider": provider, "from": from_, "text": text, **person}
        return msgspec.convert(self._call("POST", "/inbound", body), records.Message)

    def broadcasts(self, **filters: Unpack[BroadcastFilter]) -> Found[records.Broadcast]:
        """List broadcasts, newest first."""
        return self._found("/broadcasts", records.Broadcast, "broadcast", _broadcast_line, filters)

    def broadcast(self, id: str) -> records.Broadcast:
        """Show one broadcast by the vendor's own id."""
        return msgspec.convert(self._call("GET", f"/broadcasts/{quote(id)}"), records.Broadcast)

    def cancel(self, id: str) -> records.Broadcast:
        """Cancel a broadcast as the vendor does.

        :raises Conflict: the vendor cannot cancel it any more.
        """
        return msgspec.convert(
            self._call("POST", f"/broadcasts/{quote(id)}/cancel"), records.Broadcast
        )

    def requests(self, **filters: Unpack[RequestFilter]) -> Found[records.Request]:
        """List what clients asked, newest first."""
        return self._found("/requests", records.Request, "request", request_line, filters)

    def request(self, id: int) -> records.Request:
        """Show one request, with the fields that nobody read and the nearest operations."""
        return msgspec.convert(self._call("GET", f"/requests/{id}"), records.Request)

    def wait_for_requests(
        self, count: int = 1, timeout: float = 10, **filters: Unpack[RequestFilter]
    ) -> Found[records.Request]:
        """Return once so many requests have come, or at the time-out (real seconds)."""
        query = {**filters, "count": count, "timeout": timeout}
        shown = self._call("GET", "/requests/wait", query=query)
        items = msgspec.convert(shown["items"], list[records.Request])
        return Found(items, "request", request_line, asked=filters, others=self.requests)

    def clear_requests(self) -> None:
        """Forget all requests."""
        self._call("DELETE", "/requests")

    def callbacks(self, **filters: Unpack[CallbackFilter]) -> Found[records.Callback]:
        """List the events that endpoints were owed with all attempts, newest first."""
        return self._found("/callbacks", records.Callback, "callback", _callback_line, filters)

    def callback(self, id: str) -> records.Callback:
        """Show one callback."""
        return msgspec.convert(self._call("GET", f"/callbacks/{quote(id)}"), records.Callback)

    def redeliver(
        self,
        id: str,
        *,
        body: str | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        url: str | None = None,
    ) -> records.Callback:
        """Send a callback again, edited or not; returns when the attempt is done."""
        edit = {"body": body, "headers": headers, "url": url}
        given = {name: value for name, value in edit.items() if value is not None}
        answer = self._call("POST", f"/callbacks/{quote(id)}/redeliver", given)
        return msgspec.convert(answer, records.Callback)

    def trigger(
        self,
        provider: str,
        event: str,
        about: str | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> list[records.Callback]:
        """Send any event that a vendor documents, about an object that exists.

        :returns: the callbacks that are under way, one for each endpoint that listens.
        """
        given = {"provider": provider, "event": event, "about": about, "data": data}
        body = {name: value for name, value in given.items() if value is not None}
        answer = self._call("POST", "/callbacks/trigger", body)
        return msgspec.convert(answer["items"], list[records.Callback])

    def events(self, after: str | None = None) -> Iterator[records.Event]:
        """Follow everything that changes, from now on or after an event; ends with the sandbox."""
        headers = {} if after is None else {"Last-Event-ID": after}
        response = self._transport.stream(f"{place(self.name)}/events", headers)
        with response:
            fields: dict[str, str] = {}
            for line in response:
                name, _, value = line.decode().rstrip("\r\n").partition(": ")
                if name:
                    fields[name] = value
                elif "data" in fields:
                    data = msgspec.json.decode(fields.pop("data"))
                    yield records.Event(id=fields["id"], event=fields["event"], data=data)

    def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        *,
        is_patient: bool = False,
    ) -> Any:
        path = f"{place(self.name)}{path}"
        return self._transport.call(method, path, body, query, is_patient=is_patient)

    def _items(self, path: str, filters: Mapping[str, Any], limit: int | None = None) -> list[Any]:
        """Return the items of a list, page after page, at most ``limit``."""
        items: list[Any] = []
        cursor = None
        while limit is None or len(items) < limit:
            size = PAGE if limit is None else min(PAGE, limit - len(items))
            page = self._call("GET", path, query={**filters, "limit": size, "cursor": cursor})
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        return items

    def _found(
        self, path: str, kind: type[R], noun: str, describe: Any, filters: Mapping[str, Any]
    ) -> Found[R]:
        asked = renamed(filters)
        limit = asked.pop("limit", None)
        items = msgspec.convert(self._items(path, asked, limit), list[kind])  # type: ignore[valid-type]
        return Found(
            items,
            noun,
            describe,
            asked=asked,
            others=lambda: self._found(path, kind, noun, describe, _wider(asked)),
            # What clients ask comes of no clock.
            hint=None if noun == "request" else self._planned,
        )

    def _planned(self) -> str:
        clock = self._call("GET", "/clock")
        if clock["mode"] == "real" or not clock["pending"]:
            return ""
        count = clock["pending"]
        return (
            f"The clock stands at {clock['now']} with {count} thing{'s' if count > 1 else ''} "
            f"planned, the next at {clock['next_due']}: "
            'sandbox.advance(until="idle") lets them happen, up to 30 days from there.'
        )


def _wider(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters of what is shown where nothing was found: as good as none."""
    way = {"direction": "out"} if "to" in asked else {"direction": "in"} if "from" in asked else {}
    return {**way, "limit": MOST_OTHERS}


def _message_line(message: records.Message) -> str:
    way = f"to {message.to}" if message.direction == "out" else f"from {message.from_}"
    text = message.text or ""
    shown = text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"
    return f"{message.provider} {message.channel} {way}: {message.status} {shown!r}"


def _broadcast_line(broadcast: records.Broadcast) -> str:
    counts = ", ".join(f"{count} {status}" for status, count in broadcast.counts.items())
    return f"{broadcast.provider} {broadcast.name or broadcast.id}: {broadcast.status} ({counts})"


def request_line(request: records.Request) -> str:
    """Return one line about a request."""
    answer = request.status if request.status is not None else "not answered"
    wanted = request.operation or "unmatched"
    return f"{request.provider} {request.method} {request.path}: {answer} ({wanted})"


def _callback_line(callback: records.Callback) -> str:
    tries = [str(attempt.status or attempt.error) for attempt in callback.attempts]
    tried = f", tried: {', '.join(tries)}" if tries else ""
    return f"{callback.provider} {callback.event} to {callback.url}: {callback.state}{tried}"
