"""What resthooks are told: the run that calls them, and everything around it."""

from __future__ import annotations

from typing import Any, Final

from emulator.core.sandbox import Sandbox

from . import urns
from .channel_choice import Routes
from .kinds import CHANNELS, CONTACTS
from .records import Channel, Contact, Flow, RapidMessage, Run, Value, Workspace
from .values import format_moment

#: Assumed: flows cannot be edited here, so each is as it was first saved.
REVISION: Final = 1

Shown = dict[str, Any]


class Payloads:
    """Writes the payloads of one workspace."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace) -> None:
        self._contacts = sandbox.store.table(CONTACTS)
        self._channels = sandbox.store.table(CHANNELS)
        self._routes = Routes(sandbox, workspace)
        self._is_anon = workspace.anon

    def of(self, flow: Flow, run: Run, message: RapidMessage | None) -> Shown:
        """Return what a run says that calls a resthook.

        :param message: what the contact has answered last, if anything.
        """
        contact = self._contacts.get(run.contact)
        return {
            "channel": show_channel(self.channel_of(contact)),
            "contact": self.contact(contact),
            "flow": show_flow(flow),
            "input": None if message is None else self._input(message),
            "path": [
                {"arrived_on": format_moment(step.time), "node_uuid": step.node}
                for step in run.path
            ],
            "results": {key: _result(value) for key, value in run.values.items()},
            "run": {"created_on": format_moment(run.created_on), "uuid": run.id},
        }

    def channel_of(self, contact: Contact) -> Channel | None:
        """Return the channel by which a contact is written to."""
        found = (self._routes.channel_for(urn) for urn in contact.urns)
        return next((channel for channel in found if channel is not None), None)

    def contact(self, contact: Contact) -> Shown:
        """Return a contact as payloads have it; assumed: addresses are masked as elsewhere."""
        first = contact.urns[0] if contact.urns else None
        show = urns.mask if self._is_anon else urns.identity
        return {
            "language": contact.language,
            "name": contact.name,
            "urn": None if first is None else show(first),
            "uuid": contact.id,
        }

    def _input(self, message: RapidMessage) -> Shown:
        channel = self._channels.find(message.via or "")
        return {
            "attachments": [_attachment(text) for text in message.attachments],
            "channel": show_channel(channel),
            "created_on": format_moment(message.created_at),
            "text": message.text,
            "type": "msg",
            "urn": None if message.urn is None else self._urn(message.urn),
            "uuid": message.id,
        }

    def _urn(self, urn: str) -> Shown:
        if self._is_anon:
            return {"display": urns.MASK, "path": urns.MASK, "scheme": urns.scheme(urn)}
        return {
            "display": urns.urn_display(urn),
            "path": urns.path(urn),
            "scheme": urns.scheme(urn),
        }


def show_channel(channel: Channel | None) -> Shown | None:
    """Return a channel as payloads have it."""
    if channel is None:
        return None
    return {"address": channel.address, "name": channel.name, "uuid": channel.id}


def show_flow(flow: Flow) -> Shown:
    """Return a flow as payloads have it."""
    return {"name": flow.name, "revision": REVISION, "uuid": flow.id}


def _attachment(text: str) -> Shown:
    content_type, _, url = text.partition(":")
    return {"content_type": content_type, "url": url}


def _result(value: Value) -> Shown:
    return {
        "category": value.category,
        "category_localized": value.category,
        "created_on": None if value.time is None else format_moment(value.time),
        "input": value.input,
        "name": value.name,
        "node_uuid": value.node,
        "value": value.value,
    }
