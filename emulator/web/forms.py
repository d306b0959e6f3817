"""How several vendors' bodies are read by marshmallow, and what they have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing, pre_load


class _Step(NamedTuple):
    """How one field is read.

    :param key: its name in the body.
    :param name: its name in what is read.
    :param is_plain: whether nothing but its own reading makes or checks its value.
    """

    key: str
    name: str
    field: fields.Field[Any]
    is_plain: bool


class QuickSchema(Schema):
    """A schema that reads a body without mistakes in one pass.

    Marshmallow makes a function and a list of checks for each field of each body, which was a
    tenth of a small request. Whatever is not as it should be is read by marshmallow itself,
    from the beginning, and so says what it would have said: fields are not to count anything.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._steps = [_step(name, field) for name, field in self.load_fields.items()]
        self._keys = {step.key for step in self._steps}

    def _deserialize(
        self,
        data: Any,
        *,
        many: bool = False,
        partial: Any = None,
        unknown: Any = None,
        **more: Any,
    ) -> Any:
        is_usual = isinstance(data, dict) and not many and partial is None
        if is_usual and (unknown == EXCLUDE or data.keys() <= self._keys):
            try:
                return self._read(data)
            except ValidationError:
                pass
        return super()._deserialize(data, many=many, partial=partial, unknown=unknown, **more)

    def _read(self, data: dict[str, Any]) -> dict[str, Any]:
        found = self.dict_class()
        for key, name, field, is_plain in self._steps:
            value = data.get(key, missing)
            if is_plain and value is not None and value is not missing:
                value = field._deserialize(value, key, data)  # noqa: SLF001 - as it is made for
            elif value is not missing or field.required or field.load_default is not missing:
                value = field.deserialize(value, key, data)
            if value is not missing:
                found[name] = value
        return found


def _step(name: str, field: fields.Field[Any]) -> _Step:
    kind = type(field)
    is_plain = (
        kind.deserialize is fields.Field.deserialize
        and kind._validate is fields.Field._validate  # noqa: SLF001 - whether it has its own
        and not (field.validators or field.pre_load or field.post_load)
    )
    return _Step(
        name if field.data_key is None else field.data_key, field.attribute or name, field, is_plain
    )


class NullIsAbsent(QuickSchema):
    """A body, or an object in it: null is absent, and unknown fields are ignored."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def drop_nulls(self, body: Mapping[str, Any], **_more: Any) -> dict[str, Any]:
        """Return the body without what is null."""
        return {name: value for name, value in body.items() if value is not None}
