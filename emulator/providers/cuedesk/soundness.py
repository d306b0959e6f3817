"""What Cuedesk's records say of each other, and of what they are filled with."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from emulator.core.packing import Packed
from emulator.core.sandbox import Sandbox
from emulator.core.soundness import Flaw, References, dangling

from .records import (
    BROADCASTS,
    CHANNELS,
    CONTACTS,
    KEYS,
    LISTS,
    MESSAGES,
    TEMPLATES,
    WORKSPACES,
    FaceShape,
)

_TEXTS = msgspec.json.Decoder(list[str])
_OF_WORKSPACE = {"account": WORKSPACES.name}

REFERENCES: References = {
    KEYS.name: _OF_WORKSPACE,
    CHANNELS.name: _OF_WORKSPACE,
    TEMPLATES.name: _OF_WORKSPACE,
    CONTACTS.name: {**_OF_WORKSPACE, "lists": LISTS.name},
    LISTS.name: {**_OF_WORKSPACE, "contacts": CONTACTS.name},
    BROADCASTS.name: {**_OF_WORKSPACE, "sender": CHANNELS.name},
    MESSAGES.name: {**_OF_WORKSPACE, "sender": CHANNELS.name, "broadcast": BROADCASTS.name},
}


def flaws(found: Sandbox) -> Iterator[Flaw]:
    """Yield what names others that are not there, and values that do not fill their places."""
    yield from dangling(found, REFERENCES)
    wanted: dict[int, int] = {}
    for message in found.store.table(MESSAGES).all():
        shape = message.shape
        if id(shape) not in wanted:
            faces = shape.face, *(card.face for card in shape.cards)
            wanted[id(shape)] = sum(map(_places, faces))
        fault = _misfit(message.values, wanted[id(shape)])
        if fault is not None:
            yield Flaw(MESSAGES.name, message.id, "values", fault)


def _misfit(values: Packed | None, wanted: int) -> str | None:
    try:
        given = 0 if values is None else len(_TEXTS.decode(values))
    except msgspec.ValidationError as error:
        return str(error)
    if given < wanted:
        return f"Must be {wanted} texts, as the message has so many places, not {given}"
    return None


def _places(face: FaceShape) -> int:
    return (face.header is not None) + face.body + len(face.buttons)
