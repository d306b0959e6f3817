"""A field of bodies that holds the address of a contact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from marshmallow import ValidationError

from . import urns
from .validation import Field, Options


class UrnField(Field[urns.Urn]):
    """A URN. It is taken apart and put into the form in which addresses are compared.

    :param country: tells the workspace's country when a body is read.
    """

    def __init__(self, country: Callable[[], str], **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.country = country

    def json_schema(self) -> dict[str, Any]:
        """Return that it is a text."""
        return {"type": "string"}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> urns.Urn:
        # Whatever else stands there is written as Python does it, and then is no URN.
        text = str(value)
        if not text.strip():
            raise ValidationError("This field may not be blank.")
        try:
            return urns.clean(text, self.country())
        except urns.InvalidURN as error:
            raise ValidationError(list(error.messages)) from error
