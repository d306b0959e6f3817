"""Records of lists as JSON, kept for as long as all that their texts follow from is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, Generic, TypeVar

import msgspec

R = TypeVar("R")

#: So many records are kept as they were last written: some twenty pages.
MOST_KEPT = 5_000

#: An object, or one that is JSON already.
Shown = Mapping[str, Any] | msgspec.Raw


class _Text(msgspec.Struct, gc=False):
    """A record as it was written, and what else that follows from.

    :param edition: of all such things together, in which it was last found to be the same.
    """

    record: Any
    beside: object
    json: msgspec.Raw
    edition: object


class Texts(Generic[R]):
    """Shows records, and keeps the texts of those that are asked for again.

    A record is never changed, only replaced, so the same object still says the same. Whatever
    else a text follows from is given with each request and compared. Forks of a sandbox share
    their records, and so these texts. The first time nothing is kept: whoever reads a long list
    from end to end would pay for texts that nobody needs.
    """

    def __init__(self) -> None:
        # By the identities of records, which stay theirs for as long as they are kept here.
        self._kept: dict[int, _Text] = {}
        # Of records that have gone as well; then another one is kept the first time.
        self._seen: set[int] = set()

    def __len__(self) -> int:
        return len(self._kept)

    def show_all(
        self,
        records: Sequence[R],
        show: Callable[[R], Shown],
        edition: object,
        besides: Callable[[], Iterable[object]] | None = None,
    ) -> list[Shown]:
        """Return what records look like, as JSON where that is kept.

        :param edition: differs as soon as anything else may that the texts follow from, and
            between any two sandboxes where that differs.
        :param besides: returns for each record what its own text follows from besides itself,
            where most of that is the same in a new edition.
        """
        kept = list(map(self._kept.get, map(id, records)))
        same: list[Shown] = [
            text.json for text in kept if text is not None and text.edition == edition
        ]
        if len(same) == len(records):
            return same
        others = repeat(edition, len(records)) if besides is None else besides()
        return [
            self._still(text, edition)
            if text is not None and text.beside == beside
            else self._show(record, beside, show, edition)
            for record, beside, text in zip(records, others, kept, strict=True)
        ]

    def _still(self, text: _Text, edition: object) -> msgspec.Raw:
        text.edition = edition
        return text.json

    def _show(
        self, record: R, beside: object, show: Callable[[R], Shown], edition: object
    ) -> Shown:
        key, shown = id(record), show(record)
        if key not in self._seen:
            if len(self._seen) >= MOST_KEPT:
                self._seen.clear()
            self._seen.add(key)
            return shown
        text = _Text(record, beside, msgspec.Raw(msgspec.json.encode(shown)), edition)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = text
        return text.json
