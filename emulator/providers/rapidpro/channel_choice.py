"""Which channel reaches an address."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from emulator.core.sandbox import Sandbox

from . import records as r
from .kinds import CHANNELS
from .urns import scheme


class Routes:
    """The channels of a workspace, asked for the one that an address is written to by."""

    def __init__(self, sandbox: Sandbox, workspace: r.Workspace) -> None:
        channels = sandbox.store.table(CHANNELS).every("created", (workspace.id,))
        self._by_scheme: dict[str, list[r.Channel]] = {}
        for channel in channels:
            for name in channel.schemes:
                self._by_scheme.setdefault(name, []).append(channel)

    def channel_for(self, urn: str) -> r.Channel | None:
        """Return the channel that reaches a stored URN, None if none does."""
        name = scheme(urn)
        candidates = self._by_scheme.get(name)
        if not candidates:
            return None
        if name != "tel" or len(candidates) == 1:
            return candidates[0]
        return _closest(candidates, urn.removeprefix("tel:"))


def _closest(candidates: Sequence[r.Channel], number: str) -> r.Channel:
    """Return the channel whose number begins like the other one: likely the same carrier's."""
    # The engine lets the later of two that are equally close win.
    return max(reversed(candidates), key=lambda channel: _overlap(channel.address or "", number))


def _overlap(address: str, number: str) -> int:
    pairs = zip(address.removeprefix("+"), number.removeprefix("+"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
