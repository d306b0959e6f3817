"""From the three ways of naming a template's values to one: see :mod:`.filling`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .filling import ButtonWish, CardWish, FaceWish, Filling, HeaderWish, Names, Slot
from .records import Template
from .rows import Row

BROADCAST_NAMES = Names("template", "body.payload_variables")
MESSAGE_NAMES = Names("template", "body_variables")
FIRST_NAMES = Names("parameters", "body_order", "button_order")

Object = Mapping[str, Any]


def of_broadcast(template: Object) -> Filling:
    """Return what the template of a V2 broadcast asks for: columns and fallbacks."""
    cards = [CardWish(card["index"], _columns_of_face(card)) for card in template.get("cards", ())]
    return Filling(_columns_of_face(template), cards)


def _columns_of_face(face: Object) -> FaceWish:
    header, body = face.get("header"), face.get("body", {})
    variables: Sequence[str] = body.get("payload_variables", ())
    fallbacks: Sequence[str | None] = body.get("fallbacks") or [None] * len(variables)
    return FaceWish(
        header=_header(header, _column(header)) if header is not None else None,
        body=[Slot(name, name, other) for name, other in zip(variables, fallbacks, strict=True)],
        buttons=[
            ButtonWish(button["index"], button.get("type"), _column(button))
            for button in face.get("buttons", ())
        ],
    )


def _column(place: Object) -> Slot | None:
    column, fallback = place.get("payload_variable") or None, place.get("fallback") or None
    if column is None and fallback is None:
        return None
    return Slot(column, column or "", fallback)


def _header(header: Object, slot: Slot | None) -> HeaderWish:
    return HeaderWish(header.get("type"), header.get("filename"), slot)


def of_first_broadcast(parameters: Object, rows: Sequence[Row], template: Template) -> Filling:
    """Return what a V1 broadcast asks for: named values for the body and the dynamic buttons.

    A recipient's own value for the header comes before the shared one.
    """
    key = ("header", "value")
    shared: Object | None = parameters.get("header")
    value = (shared or {}).get("value")
    header = None
    has_own = any(row.values.get(key) not in (None, "") for row in rows)
    if shared is not None or has_own:
        slot = Slot(key, "header", value) if value or has_own else None
        header = HeaderWish((shared or {}).get("type"), None, slot)
    buttons = sorted(button.index for button in template.face.buttons if button.needs_value)
    order = parameters.get("button_order", ())
    return Filling(
        FaceWish(
            header=header,
            body=[Slot(("body", name), name) for name in parameters.get("body_order", ())],
            buttons=[
                ButtonWish(index, None, Slot(("button", name), name))
                for index, name in zip(buttons, order, strict=False)
            ],
            spare=max(0, len(order) - len(buttons)),
        )
    )


def of_message(template: Object, found: Template) -> Filling:
    """Return what a V2 message asks for: values as they are."""
    faces = {card.index: card.face.header.type for card in found.cards}
    cards = [
        CardWish(card["index"], _literal_face(card, faces.get(card["index"], "none")))
        for card in template.get("cards", ())
    ]
    return Filling(_literal_face(template, found.face.header.type), cards)


def _literal_face(face: Object, header_type: str) -> FaceWish:
    header = face.get("header")
    field = "text" if header_type == "text" else "link"
    return FaceWish(
        header=_header(header, _literal(header.get(field))) if header is not None else None,
        body=[Slot(None, "", value) for value in face.get("body_variables", ())],
        buttons=[
            ButtonWish(button["index"], button.get("type"), _literal(button.get("value")))
            for button in face.get("buttons", ())
        ],
    )


def _literal(value: str | None) -> Slot | None:
    return Slot(None, "", value) if value else None
