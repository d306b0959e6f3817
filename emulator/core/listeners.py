"""Who wants to be told of an event of one vendor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .records import ENDPOINTS, Delivery, Endpoint
from .webhooks import Notice

if TYPE_CHECKING:
    from .sandbox import Sandbox
    from .vendor import Vendor


class Listeners:
    """The endpoints that want an event of one vendor, looked up once for many events."""

    def __init__(self, sandbox: Sandbox, vendor: Vendor) -> None:
        self._sandbox = sandbox
        self._vendor = vendor
        self._known: dict[tuple[str, str, str | None], list[Endpoint]] = {}

    @property
    def is_silence(self) -> bool:
        """Whether there is no endpoint at all that anything could be told."""
        return not len(self._sandbox.store.table(ENDPOINTS))

    def of(self, account: str, event: str, channel: str | None = None) -> list[Endpoint]:
        """Return the active endpoints that want this event; see :meth:`Webhooks.listening`."""
        key = account, event, channel
        endpoints = self._known.get(key)
        if endpoints is None:
            endpoints = self._sandbox.webhooks.listening(self._vendor.slug, *key)
            self._known[key] = endpoints
        return endpoints

    def owe(
        self, endpoints: Sequence[Endpoint], event: str, subject: str, body: bytes
    ) -> list[Delivery]:
        """Owe an event to the endpoints found; see :meth:`Webhooks.owe`."""
        return self._sandbox.webhooks.owe(self._vendor, endpoints, event, subject, body)

    def owe_each(self, notices: Sequence[Notice]) -> list[Delivery]:
        """Owe many events in one go."""
        return self._sandbox.webhooks.owe_each(self._vendor, notices)
