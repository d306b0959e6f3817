"""What belongs to whom, for those who go through the accounts one after another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .kinds import by_serial

if TYPE_CHECKING:
    from .store import Kind, Store

R = TypeVar("R", bound=Any)


class Belongings:
    """The records of a store by their owners; no table is looked through more than once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], Mapping[str, Sequence[Any]]] = {}

    def of(self, owner: str, kind: Kind[R], field: str = "account") -> Sequence[R]:
        """Return what an owner has of a kind, oldest first.

        :param field: of the records, with the id of their owner.
        """
        key = kind.name, field
        if key not in self._known:
            self._known[key] = self._sorted(kind, field)
        return self._known[key].get(owner, ())

    def _sorted(self, kind: Kind[Any], field: str) -> Mapping[str, Sequence[Any]]:
        found: dict[str, list[Any]] = defaultdict(list)
        for record in sorted(self._store.table(kind), key=by_serial):
            found[getattr(record, field)].append(record)
        return found
