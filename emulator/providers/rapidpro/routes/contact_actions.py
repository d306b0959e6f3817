"""Contact actions: the same done to up to 100 contacts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError

from emulator.providers.rapidpro import background, erasing, lookups, planned
from emulator.providers.rapidpro import records as r
from emulator.providers.rapidpro.compounds import Reference, ReferenceList
from emulator.providers.rapidpro.contacts import Contacts
from emulator.providers.rapidpro.context import workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.scalars import Choice
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.web.context import sandbox

from .contacts import manual_group

contact_actions = Endpoint("contact_actions", has_fixed_permission=True, answers_options=True)


def _book() -> Contacts:
    return Contacts(sandbox(), workspace())


def _interrupt(contacts: list[r.Contact]) -> None:
    """End the runs of one contact at once, those of several a moment later."""
    if len(contacts) == 1:
        erasing.interrupt(sandbox(), workspace(), contacts)
    else:
        background.soon(sandbox(), planned.INTERRUPT, [contact.id for contact in contacts])


IN_GROUPS: dict[str, Callable[[list[r.Contact], r.Group], object]] = {
    "add": lambda contacts, group: _book().add_to_group(contacts, group.id),
    "remove": lambda contacts, group: _book().remove_from_group(contacts, group.id),
}
WITHOUT_GROUP: dict[str, Callable[[list[r.Contact]], object]] = {
    "block": lambda contacts: _book().set_status(contacts, "blocked"),
    "unblock": lambda contacts: _book().set_status(contacts, "active"),
    "interrupt": _interrupt,
    "delete": lambda contacts: erasing.delete(sandbox(), workspace(), contacts),
    "archive_messages": lambda contacts: erasing.archive_messages(sandbox(), contacts),
    "archive": lambda contacts: erasing.archive_messages(sandbox(), contacts),
}


def _some(contacts: list[r.Contact]) -> list[r.Contact]:
    if not contacts:
        raise ValidationError("Contacts can't be empty.")
    return contacts


def _check_group(_: Schema, values: dict[str, Any]) -> str | None:
    action = values["action"]
    if action in IN_GROUPS and "group" not in values:
        return f'For action "{action}" you should also specify a group'
    if action in WITHOUT_GROUP and "group" in values:
        return f'For action "{action}" you should not specify a group'
    return None


def _check_active(_: Schema, values: dict[str, Any]) -> str | None:
    if values["action"] != "add":
        return None
    others = dict.fromkeys(c.id for c in values["contacts"] if c.status != "active")
    if not others:
        return None
    return f"Non-active contacts cannot be added to groups: {', '.join(others)}"


class ActionBody(Schema):
    """What is done to whom."""

    contacts = ReferenceList(lookups.find_contact, required=True, then=[_some])
    action = Choice((*IN_GROUPS, *WITHOUT_GROUP), required=True)
    group = Reference(manual_group)

    checks = (_check_group, _check_active)


BODY = ActionBody()


@contact_actions.acts(ActionBody)
def act(body: Body) -> None:
    """Do something to contacts, to all or to none of them."""
    values = BODY.read(body)
    contacts = list({contact.id: contact for contact in values["contacts"]}.values())
    action = values["action"]
    if action in IN_GROUPS:
        IN_GROUPS[action](contacts, values["group"])
    else:
        WITHOUT_GROUP[action](contacts)


ENDPOINTS = (contact_actions,)
