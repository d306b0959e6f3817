"""Records of lists as JSON, kept for as long as all that their texts follow from is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

R = TypeVar("R")

#: So many records are kept as they were last written: some twenty pages.
MOST_KEPT = 5_000


class _Text(msgspec.Struct, frozen=True, gc=False):
    """A record as it was written, and what else that follows from."""

    record: Any
    beside: object
    json: msgspec.Raw


class Texts(Generic[R]):
    """Writes records, and writes what is unchanged only once.

    A record is never changed, only replaced, so the same object still says the same. Whatever
    else a text follows from is given with each request and compared. Forks of a sandbox share
    their records, and so these texts.
    """

    def __init__(self) -> None:
        # By the identities of records, which stay theirs for as long as they are kept here.
        self._kept: dict[int, _Text] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def write_all(
        self, records: Sequence[R], besides: Iterable[object], show: Callable[[R], Any]
    ) -> list[msgspec.Raw]:
        """Return records as JSON.

        :param besides: for each record all that its text follows from besides itself.
        :param show: returns what a record looks like.
        """
        kept = map(self._kept.get, map(id, records))
        return [
            text.json
            if text is not None and text.beside == beside
            else self._write(record, beside, show)
            for record, beside, text in zip(records, besides, kept, strict=True)
        ]

    def _write(self, record: R, beside: object, show: Callable[[R], Any]) -> msgspec.Raw:
        json = msgspec.Raw(msgspec.json.encode(show(record)))
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[id(record)] = _Text(record, beside, json)
        return json
