"""Fields that hold one value: texts, names, numbers, choices, addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, ClassVar, Unpack

import msgspec
from marshmallow import ValidationError

from emulator.core.nesting import is_too_deep

from .validation import Field, Form, Options
from .web_address import is_web_address

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ZERO_FRACTION = re.compile(r"\.0*\s*\Z")


def limited(schema: dict[str, Any], **limits: int | None) -> dict[str, Any]:
    """Return a JSON Schema with those limits that there are."""
    return schema | {name: limit for name, limit in limits.items() if limit is not None}


class Text(Field[str]):
    """A text, or a number written as one; surrounding blanks go."""

    NO_TEXT: ClassVar[str] = "Not a valid string."

    def __init__(
        self,
        *,
        max_length: int | None = None,
        min_length: int | None = None,
        allow_blank: bool = False,
        trim: bool = True,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(**options)
        self.max_length = max_length
        self.min_length = min_length
        self.allow_blank = allow_blank
        self.trim = trim

    def json_schema(self) -> dict[str, Any]:
        """Return that it is a text, and how long."""
        least = self.min_length or (0 if self.allow_blank else 1)
        return limited({"type": "string"}, minLength=least or None, maxLength=self.max_length)

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the text; one of blanks alone is empty, whatever else is asked of it."""
        if not isinstance(value, str) or (value.strip() if self.trim else value):
            return super().deserialize(value, *args, **kwargs)
        if not self.allow_blank:
            raise ValidationError("This field may not be blank.")
        text = ""
        for function in self.post_load:
            text = function(text)
        return text

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValidationError(self.NO_TEXT)
        return str(value).strip() if self.trim else str(value)

    def faults(self, value: str) -> Iterator[str]:
        """Yield what is wrong with length and characters."""
        if self.max_length is not None and len(value) > self.max_length:
            yield f"Ensure this field has no more than {self.max_length} characters."
        if self.min_length is not None and len(value) < self.min_length:
            yield f"Ensure this field has at least {self.min_length} characters."
        if "\0" in value:
            yield "Null characters are not allowed."
        if not value.isascii() and (surrogate := _SURROGATE.search(value)):
            yield f"Surrogate characters are not allowed: U+{ord(surrogate[0]):X}."


class Name(Text):
    """The name of a group, label, topic or campaign."""

    def __init__(self, *, max_length: int = 64, **options: Unpack[Options]) -> None:
        super().__init__(max_length=max_length, **options)

    def faults(self, value: str) -> Iterator[str]:
        """Yield the first thing wrong with it as a name, then what is wrong with it as a text."""
        if self.max_length is not None and len(value) > self.max_length:
            yield f"Cannot be longer than {self.max_length} characters."
        elif '"' in value:
            yield 'Cannot contain the character: "'
        elif "\\" in value:
            yield "Cannot contain the character: \\"
        elif "\0" in value:
            yield "Cannot contain null characters."
        yield from self.clashes(value)
        yield from super().faults(value)

    def clashes(self, value: str) -> Iterator[str]:
        """Yield what other objects have against the name: nothing."""
        del value
        return iter(())


class UniqueName(Name):
    """A name that no other object of its kind bears.

    :param taken: whether another object has the name already; capitals are its business.
    """

    def __init__(
        self, taken: Callable[[str], bool], *, max_length: int = 64, **options: Unpack[Options]
    ) -> None:
        super().__init__(max_length=max_length, **options)
        self.taken = taken

    def clashes(self, value: str) -> Iterator[str]:
        """Yield that the name is taken, if it is."""
        if self.taken(value):
            yield "This field must be unique."


class LanguageCode(Text):
    """A language that texts can be translated into.

    :param allowed: whether a code is one of them.
    """

    REFUSAL: ClassVar[str] = "Not an allowed ISO 639-3 language code."

    def __init__(self, allowed: Callable[[str], bool], **options: Unpack[Options]) -> None:
        super().__init__(max_length=3, **options)
        self.allowed = allowed

    def faults(self, value: str) -> Iterator[str]:
        """Yield what is wrong with it as a text, then that it is no such language."""
        yield from super().faults(value)
        if not self.allowed(value):
            yield self.REFUSAL


class URL(Text):
    """The address of something on the web."""

    NO_TEXT: ClassVar[str] = "Enter a valid URL."

    def faults(self, value: str) -> Iterator[str]:
        """Yield what is wrong with it as a text, then that it is no address."""
        yield from super().faults(value)
        if not is_web_address(value):
            yield self.NO_TEXT


class Integer(Field[int]):
    """A whole number, or a text that spells one."""

    MAX_TEXT_LENGTH: ClassVar[int] = 1000

    def __init__(
        self,
        *,
        min_value: int | None = None,
        max_value: int | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(**options)
        self.min_value = min_value
        self.max_value = max_value

    def json_schema(self) -> dict[str, Any]:
        """Return that it is a whole number, and its range."""
        return limited({"type": "integer"}, minimum=self.min_value, maximum=self.max_value)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if not isinstance(value, str | float):
            raise ValidationError("A valid integer is required.")
        if isinstance(value, str) and len(value) > self.MAX_TEXT_LENGTH:
            raise ValidationError("String value too large.")
        try:
            return int(_ZERO_FRACTION.sub("", str(value)))
        except ValueError:
            raise ValidationError("A valid integer is required.") from None

    def faults(self, value: int) -> Iterator[str]:
        """Yield that it is out of range."""
        if self.max_value is not None and value > self.max_value:
            yield f"Ensure this value is less than or equal to {self.max_value}."
        if self.min_value is not None and value < self.min_value:
            yield f"Ensure this value is greater than or equal to {self.min_value}."


class Boolean(Field[bool]):
    """Yes or no, in any of many spellings. A form that leaves it out says no."""

    absent_in_form: ClassVar[Any] = False
    #: 1 and 1.0 equal True, 0 and 0.0 equal False.
    SPELLINGS: ClassVar[dict[Any, bool]] = {
        **dict.fromkeys((True, "t", "y", "yes", "true", "on", "1"), True),
        **dict.fromkeys((False, "f", "n", "no", "false", "off", "0"), False),
    }

    def json_schema(self) -> dict[str, Any]:
        """Return that it is true or false."""
        return {"type": "boolean"}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        spelling = value.lower() if isinstance(value, str) else value
        try:
            return self.SPELLINGS[spelling]
        except (KeyError, TypeError):
            raise ValidationError("Must be a valid boolean.") from None


class Choice(Field[str]):
    """One of a few words.

    :param choices: the words, or what tells them when a body is read.
    """

    def __init__(
        self, choices: Collection[str] | Callable[[], Collection[str]], **options: Unpack[Options]
    ) -> None:
        super().__init__(**options)
        self.choices = choices

    def json_schema(self) -> dict[str, Any]:
        """Return that it is a text, and which it may be where that is fixed."""
        return {"type": "string"} if callable(self.choices) else {"enum": list(self.choices)}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        # What is no text is quoted the way Python writes it.
        word = str(value)
        if word not in (self.choices() if callable(self.choices) else self.choices):
            raise ValidationError(f'"{word}" is not a valid choice.')
        return word


class JSONObject(Field[dict[str, Any]]):
    """An object that is kept as it is.

    :param max_encoded: how many characters it may have as JSON.
    """

    def __init__(self, *, max_encoded: int | None = None, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.max_encoded = max_encoded

    def json_schema(self) -> dict[str, Any]:
        """Return that it is an object."""
        return {"type": "object"}

    def from_form(self, form: Form, name: str) -> Any:
        """Return what a form says, which is JSON written out."""
        values = form.get(name)
        if not values:
            return self.absent_in_form
        try:
            value = json.loads(values[-1])
        except (TypeError, ValueError, RecursionError):
            return values[-1]
        # A whole body in JSON has been looked at when it was read.
        return values[-1] if is_too_deep(value) else value

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or not _can_be_sent(value):
            raise ValidationError("Must be a valid JSON object")
        return value

    def faults(self, value: dict[str, Any]) -> Iterator[str]:
        """Yield that it is too long."""
        if self.max_encoded is not None and len(json.dumps(value)) > self.max_encoded:
            yield f"Cannot exceed {self.max_encoded:,} characters encoded."


def _can_be_sent(value: dict[str, Any]) -> bool:
    """Return whether JSON can carry it: infinities and lone surrogates are parsed, not written."""
    try:
        msgspec.json.encode(value)
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True
