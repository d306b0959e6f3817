"""Names that are unique within a workspace."""

from __future__ import annotations

from typing import Any, Unpack

from emulator.core.store import Kind

from .context import is_taken
from .scalars import UniqueName
from .validation import Options


class UniqueNameOf(UniqueName):
    """The name of an object, which no other object of its kind bears."""

    def __init__(self, kind: Kind[Any], **options: Unpack[Options]) -> None:
        super().__init__(is_taken(kind), **options)
