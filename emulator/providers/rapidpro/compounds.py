"""Fields that hold several values, or something that exists already."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final, TypeVar, Unpack

from marshmallow import ValidationError, missing

from emulator.web.operations import IGNORES_OTHERS

from .scalars import Choice, LanguageCode, Text
from .validation import Field, Form, Messages, Options

T = TypeVar("T")

#: What clients name an object by: a UUID, a name, a number.
REFERENCE: Final = {"type": ["string", "integer"]}

#: What finds an object; it may raise a ValidationError about one that it finds.
Find = Callable[[str | int], T | None]


def _check_size(value: Any, most: int) -> None:
    """Refuse too many items. The length is looked at first, so a long text has too many too."""
    if isinstance(value, str | list | dict) and len(value) > most:
        raise ValidationError(f"Ensure this field has no more than {most} elements.")


def _check_is_list(value: Any) -> None:
    if not isinstance(value, list):
        kind = type(value).__name__
        raise ValidationError(f'Expected a list of items but got type "{kind}".')


def _check_is_dict(value: Any) -> None:
    if not isinstance(value, dict):
        kind = type(value).__name__
        raise ValidationError(f'Expected a dictionary of items but got type "{kind}".')


def _found(find: Find[T], value: Any) -> T:
    if not isinstance(value, str | int):
        raise ValidationError("Must be a string or integer")
    found = find(value)
    if found is None:
        raise ValidationError(f"No such object: {value}")
    return found


def _each(items: Iterable[tuple[str, Any]], read: Callable[[str, Any], T]) -> dict[str, T]:
    """Return what is made of each item, by key; the faults of all of them stand together."""
    values: dict[str, T] = {}
    errors: dict[str, Messages] = {}
    for key, item in items:
        try:
            values[key] = read(key, item)
        except ValidationError as error:
            errors[key] = error.messages
    if errors:
        raise ValidationError(errors)
    return values


def _numbered(form: Form, name: str) -> dict[int, Any]:
    """Return the values of ``name[0]`` and so on; ``name[0]x`` is the part x of an object."""
    pattern = re.compile(re.escape(name) + r"\[([0-9]{1,9})\](.*)", re.DOTALL)
    items: dict[int, Any] = {}
    for key, values in form.items():
        if (match := pattern.fullmatch(key)) is None:
            continue
        position, part = int(match[1]), match[2]
        if not part:
            items[position] = values[-1]
        elif isinstance(items.get(position), dict):
            items[position][part] = values[-1]
        else:
            items[position] = {part: values[-1]}
    return items


class ListOf(Field[list[T]]):
    """A list of equal fields; the faults are keyed by position."""

    def __init__(self, inner: Field[T], *, max_items: int, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.inner = inner
        self.max_items = max_items

    def json_schema(self) -> dict[str, Any]:
        """Return that it is a list, and of what."""
        items = self.inner.json_schema()
        return {"type": "array", "items": items, "maxItems": self.max_items}

    def from_form(self, form: Form, name: str) -> Any:
        """Return the values of a repeated key, else those of ``name[0]``, ``name[1]`` and so on."""
        if form.get(name):
            return list(form[name])
        items = _numbered(form, name)
        return [items[position] for position in sorted(items)] if items else missing

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[T]:
        _check_size(value, self.max_items)
        _check_is_list(value)
        items = ((str(position), item) for position, item in enumerate(value))
        return list(_each(items, self._item).values())

    def _item(self, _: str, item: Any) -> T:
        value: T = self.inner.deserialize(item)
        return value


class _Keyed(Field[dict[str, T]]):
    """Values by key; the faults are keyed alike."""

    def from_form(self, form: Form, name: str) -> Any:
        """Return the values of ``name.x``, ``name.y``; the bare name stands for an empty object."""
        prefix = f"{name}."
        values = {
            key.removeprefix(prefix): values[-1]
            for key, values in form.items()
            if key.startswith(prefix) and key != prefix
        }
        return {} if not values and name in form else values or missing


class DictOf(_Keyed[T]):
    """Equal fields by key."""

    def __init__(self, inner: Field[T], *, max_items: int, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.inner = inner
        self.max_items = max_items

    def json_schema(self) -> dict[str, Any]:
        """Return that it is an object, and of what."""
        inner = self.inner.json_schema()
        return {"type": "object", "additionalProperties": inner, "maxProperties": self.max_items}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, T]:
        _check_size(value, self.max_items)
        _check_is_dict(value)
        return _each(value.items(), self._item)

    def _item(self, _: str, item: Any) -> T:
        value: T = self.inner.deserialize(item)
        return value


class Translated(_Keyed[T]):
    """One value for each language.

    A text or a list, where an object belongs, is the value in the first language, which is
    then taken for granted.

    :param first_language: tells the workspace's first language when a body is read.
    :param allowed: whether a code is a language to translate into.
    """

    def __init__(
        self,
        inner: Field[T],
        *,
        first_language: Callable[[], str],
        allowed: Callable[[str], bool],
        max_languages: int = 50,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(**options)
        self.inner = inner
        self.first_language = first_language
        self.allowed = allowed
        self.max_languages = max_languages

    def json_schema(self) -> dict[str, Any]:
        """Return that it is a value, or one for each language."""
        inner = self.inner.json_schema()
        languages = {"minProperties": 1, "maxProperties": self.max_languages}
        return {"anyOf": [inner, {"type": "object", "additionalProperties": inner, **languages}]}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, T]:
        if isinstance(value, str | list):
            return _each([(self.first_language(), value)], self._in_first_language)
        _check_is_dict(value)
        if not value:
            raise ValidationError("This dictionary may not be empty.")
        _check_size(value, self.max_languages)
        return _each(value.items(), self._translation)

    def _in_first_language(self, _: str, item: Any) -> T:
        value: T = self.inner.deserialize(item)
        return value

    def _translation(self, language: str, item: Any) -> T:
        if not self.allowed(language):
            raise ValidationError(LanguageCode.REFUSAL)
        return self._in_first_language(language, item)


class Reference(Field[T]):
    """An object that exists, named by what finds it. An empty text counts as null."""

    def __init__(self, find: Find[T], **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.find = find

    def json_schema(self) -> dict[str, Any]:
        """Return that it is what an object is found by."""
        return dict(REFERENCE)

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the object."""
        return super().deserialize(None if value == "" else value, *args, **kwargs)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> T:
        return _found(self.find, value)


class ReferenceList(Field[list[T]]):
    """Objects that exist. The first that does not is the only one complained about.

    A form that leaves it out names none.
    """

    def __init__(self, find: Find[T], *, max_items: int = 100, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.find = find
        self.max_items = max_items

    def json_schema(self) -> dict[str, Any]:
        """Return that it is a list of what objects are found by."""
        return {"type": "array", "items": REFERENCE, "maxItems": self.max_items}

    def from_form(self, form: Form, name: str) -> list[Any]:
        """Return the values of a repeated key."""
        return list(form.get(name, ()))

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[T]:
        _check_size(value, self.max_items)
        # The framework goes through whatever can be gone through: of an object, the keys.
        _check_is_list(list(value) if isinstance(value, dict) else value)
        return [_found(self.find, item) for item in value]


class QuickReply(Field[dict[str, str]]):
    """A quick reply: ``type``, and of ``text`` and ``extra`` what is set.

    :param accepts_texts: whether a bare text may stand for a reply of type text; real servers
        crash on one.
    """

    TYPES: ClassVar[tuple[str, ...]] = ("text", "form", "url", "location")
    PARTS: ClassVar[dict[str, Field[str]]] = {
        "type": Choice(TYPES),
        "text": Text(max_length=64, allow_blank=True),
        "extra": Text(max_length=1000),
    }

    def __init__(self, accepts_texts: Callable[[], bool], **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.accepts_texts = accepts_texts

    def json_schema(self) -> dict[str, Any]:
        """Return that it is an object, and what may stand in it."""
        parts = {name: part.json_schema() for name, part in self.PARTS.items()}
        return {"type": "object", "properties": parts, IGNORES_OTHERS: True}

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the reply; null is one more thing that is no object."""
        if value is None:
            raise _not_a_reply(value)
        return super().deserialize(value, *args, **kwargs)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, str]:
        if isinstance(value, str) and self.accepts_texts():
            value = {"text": value}
        if not isinstance(value, dict):
            raise _not_a_reply(value)
        sent = [(key, value[key]) for key in self.PARTS if key in value]
        reply = {"type": "text", **_each(sent, self._part)}
        return {key: part for key, part in reply.items() if part}

    def _part(self, key: str, item: Any) -> str:
        part: str = self.PARTS[key].deserialize(item)
        return part

    def faults(self, value: dict[str, str]) -> list[str]:
        """Return what the type asks for and the reply lacks."""
        kind, has_text, has_extra = value["type"], "text" in value, "extra" in value
        if kind == "text" and not has_text:
            return ["Quick replies of type 'text' require a 'text' value."]
        if kind in {"form", "url"} and not (has_text and has_extra):
            return [f"Quick replies of type '{kind}' require 'text' and 'extra' values."]
        if kind == "location" and has_extra:
            return ["Quick replies of type 'location' cannot have an 'extra' value."]
        return []


def _not_a_reply(value: Any) -> ValidationError:
    kind = type(value).__name__
    return ValidationError(f"Invalid data. Expected a dictionary, but got {kind}.")
