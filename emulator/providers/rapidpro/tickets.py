"""Tickets: what people do with them, and what that does to contacts."""

from __future__ import annotations

from typing import Any

from emulator.core.sandbox import Sandbox

from . import records as r
from .contacts import Contacts
from .kinds import CONTACTS, TICKETS


class TicketDesk:
    """The tickets of one workspace. Each deed says whether it has changed the ticket."""

    def __init__(self, sandbox: Sandbox, workspace: r.Workspace) -> None:
        self._contacts = sandbox.store.table(CONTACTS)
        self._book = Contacts(sandbox, workspace)
        self._tickets = sandbox.store.table(TICKETS)
        self._now = sandbox.clock.now()

    def assign(self, ticket: r.Ticket, user: str | None) -> bool:
        """Give a ticket to a user, or to nobody."""
        return ticket.assignee != user and self._change(ticket, assignee=user)

    def add_note(self, ticket: r.Ticket, text: str, author: str | None) -> bool:
        """Write a note on a ticket."""
        note = r.Note(text=text, created_on=self._now, created_by=author)
        return self._change(ticket, notes=(*ticket.notes, note))

    def change_topic(self, ticket: r.Ticket, topic: str) -> bool:
        """Put a ticket under another topic."""
        return ticket.topic != topic and self._change(ticket, topic=topic)

    def close(self, ticket: r.Ticket) -> bool:
        """Close a ticket."""
        if ticket.status == "closed":
            return False
        self._count(ticket, -1)
        return self._change(ticket, status="closed", closed_on=self._now)

    def reopen(self, ticket: r.Ticket) -> bool:
        """Open a ticket again, unless its contact has another one that is open."""
        if ticket.status == "open" or self._contacts.get(ticket.contact).open_tickets:
            return False
        self._count(ticket, 1)
        return self._change(ticket, status="open", closed_on=None)

    def _count(self, ticket: r.Ticket, more: int) -> None:
        """Count a contact's open tickets; the group of those who have one follows."""
        contact = self._contacts.get(ticket.contact)
        self._book.change(contact, open_tickets=contact.open_tickets + more)

    def _change(self, ticket: r.Ticket, **changes: Any) -> bool:
        self._tickets.change(ticket, modified_on=self._now, **changes)
        return True
