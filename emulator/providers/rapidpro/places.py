"""The places of a workspace, by path and by name: what texts in fields of places mean."""

from __future__ import annotations

from collections.abc import Iterable

from emulator.core.sandbox import Sandbox

from .kinds import BOUNDARIES
from .records import Boundary
from .values import PATH_SEPARATOR


class Places:
    """Finds places, in any case; see :class:`.values.Locations`."""

    def __init__(self, boundaries: Iterable[Boundary]) -> None:
        self._by_path: dict[str, str] = {}
        self._by_name: dict[tuple[int, str, str | None], str] = {}
        known = {boundary.osm_id: boundary for boundary in boundaries}
        for boundary in known.values():
            path = _path(boundary, known)
            parent = path.rpartition(PATH_SEPARATOR)[0].lower()
            self._by_path[path.lower()] = path
            # States are asked for without their country.
            above = parent if boundary.level > 1 else None
            for name in (boundary.name, *boundary.aliases):
                self._by_name.setdefault((boundary.level, name.lower(), above), path)

    def at_path(self, path: str) -> str | None:
        return self._by_path.get(path.lower())

    def named(self, name: str, level: int, parent: str | None) -> str | None:
        return self._by_name.get((level, name.lower(), parent.lower() if parent else None))


def places_of(sandbox: Sandbox, workspace: str) -> Places:
    """Return the places of a workspace as they are now."""
    return Places(sandbox.store.table(BOUNDARIES).every("osm_id", (workspace,)))


def _path(boundary: Boundary, known: dict[str, Boundary]) -> str:
    names = [boundary.name]
    above = known.get(boundary.parent) if boundary.parent else None
    # The depth is limited, so that boundaries above each other in a circle do no harm.
    while above is not None and len(names) < 4:
        names.append(above.name)
        above = known.get(above.parent) if above.parent else None
    return PATH_SEPARATOR.join(reversed(names))
