"""What of the vendors' APIs is imitated, how we know of it, and what answers have rested on."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from .routing import template_of

if TYPE_CHECKING:
    from .provider_app import ProviderApp

ASSUMED = "assumed"


class Covered(NamedTuple):
    """One documented operation; method, path and evidence are None where it is not imitated."""

    provider: str
    id: str
    method: str | None
    path: str | None
    served: bool
    evidence: str | None
    source: str
    read_on: str | None
    why: str | None


def coverage(app: ProviderApp) -> Iterator[Covered]:
    """Yield every documented operation of a provider, imitated or not."""
    slug = app.provider.slug
    for served in app.served():
        found = served.operation
        for method in served.methods:
            yield Covered(
                provider=slug,
                id=found.id,
                method=method,
                path=template_of(served.path),
                served=True,
                evidence=found.evidence,
                source=found.source,
                read_on=found.read_on,
                why=None,
            )
    for missing in app.provider.unserved:
        yield Covered(slug, missing.id, None, None, False, None, missing.source, None, missing.why)


class Rested:
    """Counts the answers of one provider by operation and evidence."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def count(self, operation: str, evidence: str) -> None:
        """Count one answer."""
        with self._lock:
            self._counts[operation, evidence] += 1

    def answers(self, evidence: str | None = None) -> dict[str, int]:
        """Return how many answers operations have given, of one level or of all."""
        found: Counter[str] = Counter()
        with self._lock:
            for (operation, level), number in self._counts.items():
                if evidence in (None, level):
                    found[operation] += number
        return dict(found)


def summary(apps: Iterable[ProviderApp]) -> list[str]:
    """Return lines that say on how much of what is assumed the answers of a run rested."""
    kept = list(apps)
    total = sum(sum(app.rested.answers().values()) for app in kept)
    if not total:
        return []
    assumed = {app.provider.slug: app.rested.answers(ASSUMED) for app in kept}
    number = sum(sum(found.values()) for found in assumed.values())
    behaviours = sum(map(len, assumed.values()))
    if not number:
        return [f"Evidence: none of {total} answers rested on anything assumed."]
    several = "s" if behaviours > 1 else ""
    first = f"{number} of {total} answers rested on what is assumed of {behaviours} operation"
    lines = [f"Evidence: {first}{several}:"]
    for slug, found in assumed.items():
        lines += [f"  {slug} {id}: {found[id]}" for id in sorted(found)]
    return lines
