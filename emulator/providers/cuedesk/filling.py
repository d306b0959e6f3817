"""What a request wants in the places of a template, whichever endpoint it came by.

A place is filled from a column of each recipient's row, from a value for all, or, where the
row lacks the column, from a fallback.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from emulator.core.packing import opened
from emulator.core.wording import Wording

from .errors import (
    COUNT_MISMATCH,
    INVALID_INDEX,
    TYPE_MISMATCH,
    ParametersMismatch,
    Violation,
)
from .records import (
    MEDIA,
    PLACEHOLDER,
    ButtonShape,
    Card,
    CardShape,
    CueMessage,
    Face,
    FaceShape,
    HeaderShape,
    Shape,
    Template,
)


class Slot(NamedTuple):
    """A place to be filled.

    :param key: under which rows have the value; None where all get the fallback.
    :param label: what warnings call the column.
    """

    key: Hashable
    label: str
    fallback: str | None = None


class HeaderWish(NamedTuple):
    """A header as a request asks for it."""

    type: str | None = None
    filename: str | None = None
    slot: Slot | None = None


class ButtonWish(NamedTuple):
    """A button as a request asks for it; ``place`` is its index in the template."""

    place: int
    type: str | None = None
    slot: Slot | None = None


class FaceWish(NamedTuple):
    """What a request asks for a template's own face, or for that of a card.

    :param spare: how many values it names for buttons that there are not.
    """

    header: HeaderWish | None = None
    body: Sequence[Slot] = ()
    buttons: Sequence[ButtonWish] = ()
    spare: int = 0

    def slots(self) -> Iterator[Slot]:
        """Yield the places in the order in which values are kept and warnings are given."""
        if self.header is not None and self.header.slot is not None:
            yield self.header.slot
        yield from self.body
        for button in self.buttons:
            if button.slot is not None:
                yield button.slot

    def shape(self, face: Face) -> FaceShape:
        """Return what the values stand for."""
        header = self.header
        has_header = header is not None and header.slot is not None
        return FaceShape(
            header=HeaderShape(type=header.type or face.header.type, filename=header.filename)
            if header is not None and has_header
            else None,
            body=len(self.body),
            buttons=tuple(
                ButtonShape(index=button.place, type=button.type or _type_of(face, button.place))
                for button in self.buttons
                if button.slot is not None
            ),
        )


class CardWish(NamedTuple):
    """A card as a request asks for it; ``place`` is its index in the template."""

    place: int
    face: FaceWish


class Names(NamedTuple):
    """What an endpoint calls the places, for its violations.

    :param root: what the names begin with.
    :param body: path of the body's values within a face.
    :param buttons: path of the buttons within a face.
    """

    root: str
    body: str
    buttons: str = "buttons"
    header: str = "header"
    cards: str = "cards"


class Filling(NamedTuple):
    """All that a request wants in the places of a template."""

    face: FaceWish
    cards: Sequence[CardWish] = ()

    def _cards_in_order(self) -> list[CardWish]:
        return sorted(self.cards, key=lambda card: card.place)

    def slots(self) -> list[Slot]:
        """Return all places: header, body, buttons, then the same of each card by its index."""
        faces = [self.face, *(card.face for card in self._cards_in_order())]
        return [slot for face in faces for slot in face.slots()]

    def shape(self, template: Template) -> Shape:
        """Return what the values of its messages stand for."""
        faces = {card.index: card.face for card in template.cards}
        return Shape(
            face=self.face.shape(template.face),
            cards=tuple(
                CardShape(index=card.place, face=card.face.shape(faces[card.place]))
                for card in self._cards_in_order()
            ),
            wording=template.face.body_text,
        )


def _type_of(face: Face, index: int) -> str | None:
    return next((button.type for button in face.buttons if button.index == index), None)


def check(template: Template, filling: Filling, names: Names) -> None:
    """Check that a request fills the places that a template has.

    :raises ParametersMismatch: it does not; lists all of the violations.
    """
    violations = list(_check_face(template.face, filling.face, names, names.root))
    violations += _check_cards(template.cards, filling.cards, names)
    if violations:
        raise ParametersMismatch(violations)


def _check_face(face: Face, wish: FaceWish, names: Names, root: str) -> Iterator[Violation]:
    yield from _check_header(face, wish.header, f"{root}.{names.header}")
    if len(wish.body) != face.body_parameters:
        text = _expects("Template", face.body_parameters, "body", len(wish.body))
        yield Violation(f"{root}.{names.body}", COUNT_MISMATCH, text)
    yield from _check_buttons(face, wish, f"{root}.{names.buttons}")


def _expects(what: str, wanted: int, part: str, given: int) -> str:
    return f"{what} expects {wanted} {part} parameters but {given} were provided"


def _takes_value(face: Face) -> bool:
    return face.header.type in MEDIA or face.header.parameters > 0


def _check_header(face: Face, wish: HeaderWish | None, where: str) -> Iterator[Violation]:
    takes = _takes_value(face)
    has_value = wish is not None and wish.slot is not None
    if takes and not has_value:
        yield Violation(where, COUNT_MISMATCH, _expects("Template", 1, "header", 0))
    if wish is not None and not takes:
        yield Violation(where, COUNT_MISMATCH, _expects("Template", 0, "header", 1))
    # A template without a header has no type that another could differ from.
    given, own = wish.type if wish else None, face.header.type
    if given is not None and own not in ("none", given):
        text = f"Template header type is {own} but {given} was provided"
        yield Violation(f"{where}.type", TYPE_MISMATCH, text)


def _check_buttons(face: Face, wish: FaceWish, where: str) -> Iterator[Violation]:
    wanted = {button.index for button in face.buttons if button.needs_value}
    given = {button.place for button in wish.buttons if button.slot is not None} & wanted
    if given != wanted or wish.spare:
        text = _expects("Template", len(wanted), "button", len(given) + wish.spare)
        yield Violation(where, COUNT_MISMATCH, text)
    known = {button.index for button in face.buttons}
    for at, button in enumerate(wish.buttons):
        if button.place not in known:
            text = f"Template has no button at index {button.place}"
            yield Violation(f"{where}.{at}.index", INVALID_INDEX, text)


def _check_cards(
    cards: Sequence[Card], wishes: Sequence[CardWish], names: Names
) -> Iterator[Violation]:
    where = f"{names.root}.{names.cards}"
    faces = {card.index: card.face for card in cards}
    for at, wish in enumerate(wishes):
        face = faces.pop(wish.place, None)
        if face is not None:
            yield from _check_face(face, wish.face, names, f"{where}.{at}")
        else:
            text = f"Template has no card at index {wish.place}"
            yield Violation(f"{where}.{at}.index", INVALID_INDEX, text)
    for index, face in faces.items():
        missing = _first_need(face)
        if missing is not None:
            text = _expects(f"Template card {index}", *missing, 0)
            yield Violation(where, COUNT_MISMATCH, text)


def _first_need(face: Face) -> tuple[int, str] | None:
    """Return what a card that is left out lacks: its body's values, or else something other."""
    buttons = sum(button.needs_value for button in face.buttons)
    needs = (
        (face.body_parameters, "body"),
        (int(_takes_value(face)), "header"),
        (buttons, "button"),
    )
    return next((need for need in needs if need[0]), None)


def text_of(value: Any) -> str:
    """Return a value of a row as it stands in a message: numbers and truths become text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


class Body:
    """The body of a template, taken apart once for many messages.

    :param parameters: how many values it takes; the text may show more placeholders.
    """

    def __init__(self, text: str, parameters: int) -> None:
        self._wording = Wording(text, PLACEHOLDER)
        self._places = tuple(str(at) for at in range(1, parameters + 1))
        beyond = (name for name in self._wording.names if name not in self._places)
        self._beyond = {name: f"{{{{{name}}}}}" for name in beyond}

    def fill(self, values: Sequence[str]) -> str:
        """Return the body with its values."""
        if not self._wording.names:
            return self._wording.text
        named = dict(zip(self._places, values, strict=True))
        return self._wording.fill({**self._beyond, **named} if self._beyond else named)


_body = lru_cache(maxsize=64)(Body)


def body_of(message: CueMessage) -> str | None:
    """Return the body of a message after substitution."""
    shape = message.shape
    if shape.wording is None:
        return message.text
    start = 0 if shape.face.header is None else 1
    values = (opened(message.values) or [])[start : start + shape.face.body]
    return _body(shape.wording, shape.face.body).fill(values)


class Filler:
    """Fills the places of a template with the values of row after row."""

    def __init__(self, template: Template, filling: Filling) -> None:
        self._slots = filling.slots()
        self._has_columns = any(slot.key is not None for slot in self._slots)
        self._constant = tuple(slot.fallback or "" for slot in self._slots)
        self._of_body = slice(
            at := sum(1 for _ in filling.face._replace(body=(), buttons=()).slots()),
            at + len(filling.face.body),
        )
        self._body = Body(template.face.body_text, len(filling.face.body))
        self._constant_text = self._text(self._constant)

    def fill(self, row: Mapping[Any, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the values for a row, and the columns that it lacks."""
        if not self._has_columns:
            return self._constant, ()
        values, missing = [], []
        for key, label, fallback in self._slots:
            value = row.get(key) if key is not None else None
            if type(value) is str and value:
                values.append(value)
            elif value is not None and value != "":
                values.append(text_of(value))
            else:
                values.append(fallback or "")
                if not fallback:
                    missing.append(label)
        return tuple(values), tuple(dict.fromkeys(missing)) if missing else ()

    def text(self, values: tuple[str, ...]) -> str:
        """Return the body of a message with these values."""
        return self._constant_text if values is self._constant else self._text(values)

    def _text(self, values: tuple[str, ...]) -> str:
        return self._body.fill(values[self._of_body])
