"""What a request body is checked with: fields, schemas, and the refusal.

RapidPro reads its bodies with Django REST framework; the fields of this package take, change
and refuse values as that framework does. They stand on marshmallow, so a schema is a class of
fields. Whatever depends on the request (which objects exist, which language comes first) is
asked for by callables when a value is read; so one schema object serves all requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypedDict, TypeVar, Unpack

import marshmallow
import msgspec
from marshmallow import ValidationError, missing

from emulator.core.errors import EmulatorError

T = TypeVar("T")

#: The fields of a form: each name with all its values, texts or files, in the order sent.
Form = Mapping[str, Sequence[Any]]

#: A field's messages, or those of its items by position or key.
Messages = Any


class Invalid(EmulatorError):
    """A body was refused.

    :param errors: what is wrong, keyed by field or by ``non_field_errors``, as it is answered.
    """

    name = "invalid"

    def __init__(self, errors: Mapping[str, Messages]) -> None:
        self.errors: dict[str, Any] = _sendable(errors)
        super().__init__(f"refused: {', '.join(self.errors)}")

    @classmethod
    def as_a_whole(cls, message: str) -> Invalid:
        """Return the refusal of a body none of whose fields is wrong by itself."""
        return cls({"non_field_errors": [message]})


class Body(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A body as it was sent: a JSON object, or a form.

    An absent field means more in a form than in JSON, so the two stay apart until a schema
    reads them.
    """

    values: Mapping[str, Any] = {}
    form: Form | None = None


class Options(TypedDict, total=False):
    """What every field can be told."""

    required: bool
    #: Is null taken as null?
    allow_null: bool
    #: The value, or what makes it, when the key is absent. Without it the key stays absent.
    default: Any
    #: The key in the body, where it differs from the attribute.
    key: str
    #: Each may raise a ValidationError; they all run, and their messages stand together.
    validators: Iterable[Callable[[Any], object]]
    #: Run one after the other on a value without fault, and return the value to go on with.
    then: Iterable[Callable[[Any], Any]]


class Field(marshmallow.fields.Field[T]):
    """A field that speaks the framework's words."""

    #: What a form without this field stands for.
    absent_in_form: ClassVar[Any] = missing
    allow_blank = False

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(
            required=options.get("required", False),
            allow_none=options.get("allow_null", False),
            load_default=options.get("default", missing),
            data_key=options.get("key"),
            validate=list(options.get("validators", ())),
            post_load=list(options.get("then", ())),
            error_messages={
                "required": "This field is required.",
                "null": "This field may not be null.",
            },
        )

    def json_schema(self) -> dict[str, Any]:
        """Return what is meant to stand here; much else is taken as well."""
        return {}

    def from_form(self, form: Form, name: str) -> Any:
        """Return what a form says about this field, as JSON would have said it."""
        values = form.get(name)
        if not values:
            return self.absent_in_form
        value = values[-1]
        if value != "" or (self.required and not self.allow_none):
            return value
        if self.allow_blank:
            return ""
        return None if self.allow_none else missing

    def faults(self, value: T) -> Iterable[str]:
        """Return the messages of the field's own rules; they follow those of its validators."""
        del value
        return ()

    def _validate(self, value: T) -> None:
        messages: list[str] = []
        for validator in self.validators:
            try:
                validator(value)
            except ValidationError as error:
                if isinstance(error.messages, dict):
                    raise
                messages += error.messages
        messages += self.faults(value)
        if messages:
            raise ValidationError(messages)


class Schema(marshmallow.Schema):
    """A body's fields, and the checks across them.

    A check gets all values and returns what is wrong, or None; it may also raise ``Invalid``.
    Checks run once every field is right, in this order, up to the first that fails.
    """

    checks: ClassVar[Sequence[Callable[[Any, dict[str, Any]], str | None]]] = ()

    class Meta:
        unknown = marshmallow.EXCLUDE

    def read(self, body: Body) -> dict[str, Any]:
        """Return the values of a body; a field that is absent and has no default is left out.

        :raises Invalid: naming every field that is wrong, or the first check that fails.
        """
        sent = body.values if body.form is None else self._from_form(body.form)
        try:
            values: dict[str, Any] = self.load(sent)
        except ValidationError as error:
            raise Invalid(error.messages_dict) from error
        for check in self.checks:
            message = check(self, values)
            if message is not None:
                raise Invalid.as_a_whole(message)
        return values

    def _from_form(self, form: Form) -> dict[str, Any]:
        sent = {}
        for attribute, field in self.load_fields.items():
            name = field.data_key or attribute
            value = field.from_form(form, name) if isinstance(field, Field) else missing
            if value is not missing:
                sent[name] = value
        return sent


def _sendable(messages: Messages) -> Any:
    """Return messages that UTF-8 can carry; they quote input, and input has lone surrogates."""
    if isinstance(messages, str):
        if messages.isascii():
            return messages
        return messages.encode("utf-8", "backslashreplace").decode()
    if isinstance(messages, Mapping):
        return {_sendable(str(key)): _sendable(inner) for key, inner in messages.items()}
    return [_sendable(inner) for inner in messages]
