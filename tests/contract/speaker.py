"""What the tests of all vendors need to know of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from emulator.registry import PROVIDERS
from emulator.web.provider import Provider
from tests.world import World


@dataclass(frozen=True)
class Speaker:
    """Speaks to a vendor as a client of its account in the reference fixture.

    Each vendor has one: ``SPEAKER`` in ``tests/providers/<slug>/speaker.py``.

    :param headers: those that show a key.
    :param channels: channel to the path that sends a message, and its body for a recipient.
    :param accounts: what a fixture calls the vendor's accounts.
    :param account: the least that is to be said of one.
    :param country: where the numbers of people are from that a fixture has made up.
    :param born: the field that says when a message was made.
    :param broadcasts: what a fixture calls an account's broadcasts; ``messages`` are messages.
    :param outgoing: what a fixture says of a message to a person.
    :param ending: a status that may stand alone in a message's history.
    :param received: the status of messages from people.
    :param hidden: words of its lifecycle that fixtures do not use.
    :param of_channel: what a fixture says of messages of a channel.
    """

    slug: str
    headers: dict[str, str]
    channels: dict[str, tuple[str, Callable[[str], dict[str, Any]]]]
    accounts: str
    account: Mapping[str, Any]
    country: str
    born: str
    broadcasts: str = "broadcasts"
    outgoing: Mapping[str, Any] = field(default_factory=lambda: {"direction": "out"})
    ending: str = "failed"
    received: str = "received"
    hidden: frozenset[str] = frozenset()
    of_channel: Callable[[str], Mapping[str, Any]] = lambda channel: {}

    @property
    def provider(self) -> Provider:
        return next(provider for provider in PROVIDERS if provider.slug == self.slug)

    def send(self, world: World, channel: str, to: str, sandbox: str | None = None) -> TestResponse:
        path, body = self.channels[channel]
        base = f"/s/{sandbox}/{self.slug}" if sandbox else f"/{self.slug}"
        return world.call("POST", base + path, body(to), headers=self.headers)
