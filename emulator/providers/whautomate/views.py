"""Accounts, messages and broadcasts as the control API shows them."""

from __future__ import annotations

from emulator.core.sandbox import Sandbox
from emulator.core.vendor import BroadcastView, MessageView

from . import lifecycle, shapes
from .kinds import CONTACTS, LOCATIONS
from .records import WhBroadcast, WhMessage


def message(found: Sandbox, shown: WhMessage) -> MessageView:
    """Return what Whautomate's dashboard says of a message.

    A recipient of a broadcast who was refused has a log and no message.
    """
    location = found.store.table(LOCATIONS).find(shown.location)
    own = location.whatsapp if location else None
    is_sent = shown.direction == "out"
    word = lifecycle.LIFECYCLE.word
    is_logged_alone = shown.broadcast is not None and shown.state == "refused"
    return MessageView(
        status=word(shown.state),
        statuses=[word(step.state) for step in shown.history],
        text=shown.face.text or shown.face.caption,
        from_=own if is_sent else shown.address,
        to=shown.address if is_sent else own,
        contact=_contact(found, shown),
        template=shown.content.template if shown.content else None,
        media=[shown.face.media_url] if shown.face.media_url else [],
        broadcast=shown.broadcast,
        native=shapes.log(found, shown) if is_logged_alone else shapes.message(shown),
    )


def _contact(found: Sandbox, shown: WhMessage) -> dict[str, str | None] | None:
    id = shown.contact or (None if shown.is_client else shown.person)
    contact = found.store.table(CONTACTS).find(id) if id else None
    return {"id": contact.id, "name": contact.name} if contact else None


def broadcast(found: Sandbox, shown: WhBroadcast) -> BroadcastView:
    """Return what Whautomate's dashboard says of a broadcast."""
    counts: dict[str, int] = {}
    for state, number in shown.counts.items():
        word = lifecycle.LIFECYCLE.word(state)
        counts[word] = counts.get(word, 0) + number
    return BroadcastView(
        status=shown.state,
        channel="whatsapp",
        name=shown.name,
        total=shown.total,
        counts=counts,
        scheduled_at=shown.scheduled_at,
        native=shapes.broadcast(shown),
    )
