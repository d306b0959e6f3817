"""Resthooks: who has subscribed to them, and how they are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from emulator.core.errors import Invalid, Problem
from emulator.core.records import ENDPOINTS, Attempt, Delivery, Endpoint
from emulator.core.sandbox import Sandbox

from . import trimming
from .kinds import RESTHOOK_EVENTS, RESTHOOKS, SUBSCRIBERS
from .naming import new_uuid, next_number, next_serial
from .payloads import Payloads
from .records import Flow, RapidMessage, Resthook, ResthookEvent, Run, Subscriber, Workspace
from .webhooks import SLUG

GONE: Final = 410


class Caller:
    """Calls the resthooks of one workspace; what many calls share is looked up once."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace) -> None:
        self._sandbox = sandbox
        self._workspace = workspace
        self._payloads: Payloads | None = None
        self._known: dict[str, tuple[Resthook | None, list[Endpoint]]] = {}

    def call(self, slug: str, flow: Flow, run: Run, message: RapidMessage | None) -> None:
        """Call a resthook from a run; nothing happens if there is none of that name.

        :param message: what the contact has answered last, if anything.
        """
        if self._payloads is None:
            self._payloads = Payloads(self._sandbox, self._workspace)
        if self._find(slug)[0] is not None:
            self.tell(slug, run.id, self._payloads.of(flow, run, message))

    def tell(self, slug: str, run: str, payload: Mapping[str, Any]) -> list[Delivery]:
        """Record a payload, and tell all subscribers of it.

        :param run: UUID of the run that it is about.
        """
        hook, endpoints = self._find(slug)
        if hook is None:
            return []
        record(self._sandbox, hook, payload)
        vendor, body = self._sandbox.vendor(SLUG), msgspec.json.encode(payload, order="sorted")
        return self._sandbox.webhooks.owe(vendor, endpoints, slug, run, body)

    def _find(self, slug: str) -> tuple[Resthook | None, list[Endpoint]]:
        """Return a resthook with its subscribers by ascending URL."""
        if slug not in self._known:
            hook = find(self._sandbox, self._workspace, slug)
            listening = self._sandbox.webhooks.listening(SLUG, self._workspace.id, slug)
            self._known[slug] = hook, sorted(listening, key=lambda endpoint: endpoint.url)
        return self._known[slug]


def find(sandbox: Sandbox, workspace: Workspace, slug: str) -> Resthook | None:
    """Return the resthook of a workspace with a slug, None if there is none."""
    return sandbox.store.table(RESTHOOKS).one("slug", (workspace.id, slug))


def record(sandbox: Sandbox, hook: Resthook, payload: Mapping[str, Any]) -> None:
    """Note that a resthook has been called."""
    sandbox.store.table(RESTHOOK_EVENTS).add(
        ResthookEvent(
            id=new_uuid(sandbox, RESTHOOK_EVENTS),
            serial=next_serial(sandbox, RESTHOOK_EVENTS),
            workspace=hook.workspace,
            resthook=hook.id,
            data=payload,
            created_on=sandbox.clock.now(),
        )
    )
    trimming.watch(sandbox, RESTHOOK_EVENTS)


def subscribe(sandbox: Sandbox, hook: Resthook, url: str) -> Subscriber:
    """Let a URL be called by a resthook."""
    number = next_number(sandbox, SUBSCRIBERS)
    subscriber = Subscriber(
        id=str(number),
        serial=next_serial(sandbox, SUBSCRIBERS),
        number=number,
        workspace=hook.workspace,
        resthook=hook.id,
        target_url=url,
        created_on=sandbox.clock.now(),
    )
    sandbox.store.table(SUBSCRIBERS).add(subscriber)
    enlist(sandbox, subscriber)
    _touch(sandbox, subscriber)
    return subscriber


def unsubscribe(sandbox: Sandbox, subscriber: Subscriber) -> None:
    """Call a URL no longer."""
    sandbox.store.table(SUBSCRIBERS).change(subscriber, is_deleted=True)
    _touch(sandbox, subscriber)
    endpoint = sandbox.store.table(ENDPOINTS).find(subscriber.id)
    if endpoint is not None:
        sandbox.webhooks.remove(endpoint)


def enlist(sandbox: Sandbox, subscriber: Subscriber) -> None:
    """Bring the endpoint of a subscriber in line with it: that is where callbacks go."""
    table = sandbox.store.table(ENDPOINTS)
    known = table.find(subscriber.id)
    if subscriber.is_deleted:
        if known is not None:
            table.change(known, is_active=False)
        return
    hook = sandbox.store.table(RESTHOOKS).get(subscriber.resthook)
    values: Mapping[str, Any] = {
        "account": subscriber.workspace,
        "url": subscriber.target_url,
        "events": (hook.slug,),
        "is_active": True,
    }
    if known is not None:
        table.change(known, **values)
    else:
        serial = sandbox.ids.serial("endpoints")
        table.add(Endpoint(id=subscriber.id, serial=serial, provider=SLUG, secret="", **values))


def follow(sandbox: Sandbox, before: Endpoint, after: Endpoint | None) -> None:
    """Bring the subscriber of an endpoint in line with what a tester did to the endpoint.

    :raises Invalid: a subscriber cannot listen to that.
    """
    table = sandbox.store.table(SUBSCRIBERS)
    subscriber = table.find(before.id)
    if subscriber is None:
        return
    is_deleted = after is None or not after.is_active
    changes: dict[str, Any] = {"is_deleted": is_deleted}
    if after is not None:
        changes["target_url"] = after.url
        if (before.account, before.events) != (after.account, after.events):
            hook = sandbox.store.table(RESTHOOKS).one(
                "slug", (after.account, *(after.events or ()))
            )
            if hook is None:
                message = "Must be the slug of one resthook of the workspace: this is a subscriber"
                raise Invalid([Problem(pointer="/events", message=message)])
            changes |= {"workspace": after.account, "resthook": hook.id}
    table.change(subscriber, **changes)
    if is_deleted != subscriber.is_deleted:
        _touch(sandbox, subscriber)


def answered(sandbox: Sandbox, delivery: Delivery, attempt: Attempt) -> None:
    """Remove a subscriber that has answered that it is gone."""
    endpoint = sandbox.store.table(ENDPOINTS).find(delivery.endpoint)
    if attempt.status != GONE or endpoint is None:
        # What flows call by themselves is no subscriber.
        return
    sandbox.store.table(ENDPOINTS).change(endpoint, is_active=False)
    subscriber = sandbox.store.table(SUBSCRIBERS).find(delivery.endpoint)
    if subscriber is not None:
        sandbox.store.table(SUBSCRIBERS).change(subscriber, is_deleted=True)


def _touch(sandbox: Sandbox, subscriber: Subscriber) -> None:
    """Note on a resthook that its subscribers have changed."""
    table = sandbox.store.table(RESTHOOKS)
    table.change(table.get(subscriber.resthook), modified_on=sandbox.clock.now())
