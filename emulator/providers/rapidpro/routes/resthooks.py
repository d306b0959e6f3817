"""Resthooks: the events that flows call, what was sent, and who has subscribed."""

from __future__ import annotations

from typing import Any

from flask import Response

from emulator.providers.rapidpro import filters, lookups, paging
from emulator.providers.rapidpro import resthooks as engine
from emulator.providers.rapidpro.answers import ResthookEventOut, ResthookOut, SubscriberOut
from emulator.providers.rapidpro.context import table, workspace
from emulator.providers.rapidpro.endpoint import Endpoint, number_lookup
from emulator.providers.rapidpro.kinds import RESTHOOK_EVENTS, RESTHOOKS, SUBSCRIBERS
from emulator.providers.rapidpro.records import Resthook, ResthookEvent, Subscriber
from emulator.providers.rapidpro.scalars import URL, Text
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.providers.rapidpro.values import format_moment
from emulator.web.context import rests_on, sandbox

MOST_URL = 200


def show_hook(hook: Resthook) -> ResthookOut:
    """Return one resthook."""
    return {
        "resthook": hook.slug,
        "modified_on": format_moment(hook.modified_on),
        "created_on": format_moment(hook.created_on),
    }


def show_event(event: ResthookEvent) -> ResthookEventOut:
    """Return one call of a resthook."""
    return {
        "resthook": _slug(event.resthook),
        "data": event.data,
        "created_on": format_moment(event.created_on),
    }


def show(subscriber: Subscriber) -> SubscriberOut:
    """Return one subscriber."""
    return {
        "id": subscriber.number,
        "resthook": _slug(subscriber.resthook),
        "target_url": subscriber.target_url,
        "created_on": format_moment(subscriber.created_on),
    }


def _slug(hook: str) -> str:
    return table(RESTHOOKS).get(hook).slug


def _find(number: int) -> Subscriber | None:
    return lookups.own(SUBSCRIBERS, str(number))


resthooks = Endpoint("resthooks", asks=("reverse",), show=show_hook)
events = Endpoint("resthook_events", asks=("resthook",), show=show_event)
subscribers = Endpoint(
    "resthook_subscribers",
    asks=("id", "resthook"),
    model="ResthookSubscriber",
    show=show,
    lookups={"id": number_lookup("id", _find)},
)


@resthooks.lists
def list_hooks() -> Response:
    """Answer with all resthooks, the one changed last first."""
    return paging.page(RESTHOOKS, "modified", (workspace().id,), show_hook)


@events.lists
def list_events() -> Response:
    """Answer with calls of resthooks, the last first."""
    place = _place()
    if place is None:
        return paging.empty()
    return paging.page(RESTHOOK_EVENTS, "created", place, show_event)


@subscribers.lists
def list_() -> Response:
    """Answer with subscribers, the last first."""
    number, place = filters.integer("id"), _place()
    if place is None:
        return paging.empty()
    if number is None:
        return paging.page(SUBSCRIBERS, "created", place, show)
    found = _find(number)
    is_wanted = found is not None and place in ((found.workspace,), ("resthook", found.resthook))
    return paging.few([found if is_wanted else None], show)


def _place() -> tuple[str, ...] | None:
    """Return the partition of the resthook asked for, None if there is none of that name."""
    slug = filters.text("resthook")
    if slug is None:
        return (workspace().id,)
    hook = engine.find(sandbox(), workspace(), slug)
    return ("resthook", hook.id) if hook is not None else None


class HookField(Text):
    """The slug of a resthook."""

    def faults(self, value: str) -> Any:
        """Yield what is wrong with it as a text, then that there is no such resthook."""
        yield from super().faults(value)
        if engine.find(sandbox(), workspace(), value) is None:
            yield f"No resthook with slug: {value}"


class TargetURL(URL):
    """The address of a subscriber."""

    def faults(self, value: str) -> Any:
        """Yield what is wrong with it; where one is too long servers crash."""
        if len(value) > MOST_URL:
            rests_on("assumed")
        yield from super().faults(value)


def _is_new(_: Schema, values: dict[str, Any]) -> str | None:
    hook = engine.find(sandbox(), workspace(), values["resthook"])
    assert hook is not None
    if table(SUBSCRIBERS).count("created", ("url", hook.id, values["target_url"])):
        return "URL is already subscribed to this event."
    return None


class SubscriberIn(Schema):
    """The body of a POST."""

    resthook = HookField(required=True)
    target_url = TargetURL(max_length=MOST_URL, required=True)

    checks = (_is_new,)


@subscribers.creates(SubscriberIn)
def create(body: Body) -> Subscriber:
    """Let a URL be called by a resthook."""
    values = SubscriberIn().read(body)
    hook = engine.find(sandbox(), workspace(), values["resthook"])
    assert hook is not None
    return engine.subscribe(sandbox(), hook, values["target_url"])


@subscribers.deletes
def delete(subscriber: Subscriber) -> None:
    """Call a URL no longer."""
    engine.unsubscribe(sandbox(), subscriber)


ENDPOINTS = (resthooks, events, subscribers)
