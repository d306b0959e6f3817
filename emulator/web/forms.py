"""What several vendors' bodies have in common, as marshmallow reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, pre_load


class NullIsAbsent(Schema):
    """A body, or an object in it: null is absent, and unknown fields are ignored."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def drop_nulls(self, body: Mapping[str, Any], **_more: Any) -> dict[str, Any]:
        """Return the body without what is null."""
        return {name: value for name, value in body.items() if value is not None}
