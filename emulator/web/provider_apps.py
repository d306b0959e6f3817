"""The applications of all vendors, each made when somebody first asks for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

from .provider import Provider
from .provider_app import ProviderApp


class ProviderApps(Mapping[str, ProviderApp]):
    """Applications by the slug of their vendor.

    Routes and schemas are two fifths of what a vendor adds to the start, and most runs speak to
    one vendor: those of the others are never imported.

    :ivar providers: the vendors, without making anything for them.
    """

    def __init__(
        self,
        providers: Iterable[Provider],
        make: Callable[[Provider], ProviderApp] = ProviderApp,
    ) -> None:
        self.providers: Mapping[str, Provider] = {found.slug: found for found in providers}
        self._make = make
        self._made: dict[str, ProviderApp] = {}
        self._lock = threading.Lock()

    def __getitem__(self, slug: str) -> ProviderApp:
        found = self._made.get(slug)
        if found is None:
            provider = self.providers[slug]
            with self._lock:
                # Another request may have been first meanwhile.
                found = self._made.get(slug)
                if found is None:
                    found = self._made[slug] = self._make(provider)
        return found

    def __contains__(self, slug: object) -> bool:
        return slug in self.providers

    def __iter__(self) -> Iterator[str]:
        return iter(self.providers)

    def __len__(self) -> int:
        return len(self.providers)

    def made(self) -> list[ProviderApp]:
        """Return the applications that somebody has asked for."""
        return [self._made[slug] for slug in self.providers if slug in self._made]
