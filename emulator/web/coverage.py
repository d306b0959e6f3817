"""What of the vendors' APIs is imitated, how we know of it, and how much rested on guesses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .provider_app import ProviderApp
from .routing import template_of

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
