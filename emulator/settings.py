"""How a server is started: a frozen record of flags and environment, without logic."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be said when a server is started.

    :param fixtures: names or files, merged in order.
    :param clock: ``real``, ``manual``, ``manual@ISO`` or ``xN``; None: as the fixture says.
    :param state: folder of the state files; None keeps everything in memory.
    :param control_token: bearer token of the control API; None where it is open.
    :param allowed_hosts: more values of ``Host`` that the control API answers to.
    :param callback_hosts: hosts outside loopback and private networks that may be called back.
    :param callback_map: host names to call instead of those in callback URLs.
    """

    host: str = "127.0.0.1"
    port: int = 4600
    fixtures: tuple[str, ...] = ("demo",)
    state: Path | None = None
    seed: int | None = None
    clock: str | None = None
    latency: str | None = None
    unknown_keys: str | None = None
    control_token: str | None = None
    allowed_hosts: frozenset[str] = frozenset()
    callback_hosts: frozenset[str] = frozenset()
    callback_map: Mapping[str, str] = {}
