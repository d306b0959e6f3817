"""Tickets, and what is done to many of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response

from emulator.providers.rapidpro import filters, lookups, paging
from emulator.providers.rapidpro import records as r
from emulator.providers.rapidpro.answers import Person, TicketOut
from emulator.providers.rapidpro.auth import current_user
from emulator.providers.rapidpro.compounds import Reference, ReferenceList
from emulator.providers.rapidpro.context import is_strict, our_own, table, tolerate, workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.kinds import CONTACTS, FLOWS, TICKETS, TOPICS, USERS
from emulator.providers.rapidpro.scalars import Choice, Text
from emulator.providers.rapidpro.tickets import TicketDesk
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.providers.rapidpro.values import format_moment
from emulator.web.context import sandbox


def show(ticket: r.Ticket) -> TicketOut:
    """Return a ticket as the API has it."""
    flow = table(FLOWS).get(ticket.opened_in) if ticket.opened_in is not None else None
    return {
        "uuid": ticket.id,
        "contact": lookups.ref(table(CONTACTS).get(ticket.contact)),
        "status": ticket.status,
        "topic": lookups.ref(table(TOPICS).get(ticket.topic)),
        "body": None,
        "assignee": _person(ticket.assignee),
        "opened_on": format_moment(ticket.opened_on),
        "opened_by": _person(ticket.opened_by),
        "opened_in": lookups.ref(flow) if flow is not None else None,
        "modified_on": format_moment(ticket.modified_on),
        "closed_on": format_moment(ticket.closed_on) if ticket.closed_on else None,
    }


def _person(id: str | None) -> Person | None:
    if id is None:
        return None
    user = table(USERS).get(id)
    return {"email": user.email, "name": f"{user.first_name} {user.last_name}".strip()}


tickets = Endpoint("tickets", asks=("uuid", "contact", "reverse"), model="Ticket", show=show)


@tickets.lists
def list_() -> Response:
    """Answer with tickets, the latest changed first."""
    given = filters.text("contact")
    with our_own():
        id = filters.uuid("uuid") if filters.text("uuid") else None
    contact = lookups.by_uuid(CONTACTS, given) if given is not None else None
    if given is not None and contact is None:
        return paging.empty()
    if id is not None:
        ticket = lookups.own(TICKETS, id)
        is_wanted = ticket is not None and (contact is None or ticket.contact == contact.id)
        return paging.few([ticket if is_wanted else None], show)
    partition = (workspace().id,) if contact is None else ("contact", contact.id)
    return paging.page(TICKETS, "modified", partition, show)


Deed = Callable[[TicketDesk, r.Ticket, dict[str, Any]], bool]


def _assign(desk: TicketDesk, ticket: r.Ticket, values: dict[str, Any]) -> bool:
    user = values["assignee"]
    return desk.assign(ticket, user.id if user is not None else None)


def _add_note(desk: TicketDesk, ticket: r.Ticket, values: dict[str, Any]) -> bool:
    author = current_user()
    return desk.add_note(ticket, values["note"], author.id if author is not None else None)


DEEDS: Mapping[str, Deed] = {
    "assign": _assign,
    "add_note": _add_note,
    "change_topic": lambda desk, ticket, values: desk.change_topic(ticket, values["topic"].id),
    "close": lambda desk, ticket, _: desk.close(ticket),
    "reopen": lambda desk, ticket, _: desk.reopen(ticket),
}
#: As the documentation calls an action, and as the newest server does.
OLD_NAMES: Mapping[str, str] = {"note": "add_note"}
#: What an action needs, and the words for it.
NEEDS: Mapping[str, tuple[str, str]] = {
    "assign": ("assignee", "the assignee"),
    "add_note": ("note", "the note"),
    "change_topic": ("topic", "the topic"),
}


def _actions() -> tuple[str, ...]:
    return tuple(DEEDS) if is_strict() else (*DEEDS, *OLD_NAMES)


def _present_name(action: str) -> str:
    name = OLD_NAMES.get(action, action)
    if name != action:
        tolerate(f'ticket_actions: the newest server calls the action "{name}", not "{action}"')
    return name


def _has_needs(_: Schema, values: dict[str, Any]) -> str | None:
    action = values["action"]
    key, words = NEEDS.get(action, ("action", ""))
    return None if key in values else f'For action "{action}" you must specify {words}'


class TicketAction(Schema):
    """The body of a POST."""

    tickets = ReferenceList(lookups.find_ticket, required=True)
    action = Choice(_actions, required=True, then=[_present_name])
    assignee = Reference(lookups.find_user, allow_null=True)
    note = Text(max_length=10_000)
    topic = Reference(lookups.find_topic)

    checks = (_has_needs,)


BODY = TicketAction()
ticket_actions = Endpoint("ticket_actions", has_fixed_permission=True, answers_options=True)


@ticket_actions.acts(TicketAction)
def act(body: Body) -> list[str]:
    """Do something to tickets; return those that stay as they were."""
    values = BODY.read(body)
    desk, deed = TicketDesk(sandbox(), workspace()), DEEDS[values["action"]]
    wanted = {ticket.id: ticket for ticket in values["tickets"]}
    return [id for id, ticket in wanted.items() if not deed(desk, ticket, values)]


ENDPOINTS = (tickets, ticket_actions)
