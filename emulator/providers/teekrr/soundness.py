"""What Teekrr's records say of each other, and of what they are filled with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from emulator.core.packing import opened
from emulator.core.sandbox import Sandbox
from emulator.core.soundness import Flaw, References, dangling

from . import templates
from .records import CAMPAIGNS, CLIENTS, KEYS, MESSAGES, TEMPLATES, UPLOADS, TeekrrMessage

_OF_CLIENT = {"account": CLIENTS.name}

REFERENCES: References = {
    KEYS.name: _OF_CLIENT,
    TEMPLATES.name: _OF_CLIENT,
    UPLOADS.name: _OF_CLIENT,
    CAMPAIGNS.name: _OF_CLIENT,
    MESSAGES.name: {**_OF_CLIENT, "broadcast": CAMPAIGNS.name},
}


class _Parts(msgspec.Struct):
    """What fills the text of a WhatsApp message."""

    body: list[str] | None = None
    templateParams: Mapping[str, str] | None = None  # noqa: N815 - as clients write it


def flaws(found: Sandbox) -> Iterator[Flaw]:
    """Yield what names others that are not there, and values that do not fill their text."""
    yield from dangling(found, REFERENCES)
    for message in found.store.table(MESSAGES).all():
        fault = _misfit(found, message)
        if fault is not None:
            yield Flaw(MESSAGES.name, message.id, "variables", fault)


def _misfit(found: Sandbox, message: TeekrrMessage) -> str | None:
    if message.variables is None and message.content is not None:
        return None
    given = opened(message.variables)
    if given is not None and not isinstance(given, dict):
        return "Must be an object"
    campaign = found.store.table(CAMPAIGNS).find(message.broadcast or "")
    if message.content is None and campaign is not None and campaign.wording is not None:
        return _unfilled(message.channel, campaign.wording, given or {})
    return None


def _unfilled(channel: str, wording: str, values: Mapping[str, object]) -> str | None:
    """Return why values do not fill a text, None if they do."""
    if channel == "whatsapp":
        try:
            msgspec.convert(values, _Parts)
        except msgspec.ValidationError as error:
            return str(error)
        return None
    for name in templates.wording_of(channel, wording).names:
        if not isinstance(values.get(name), str):
            return f"Must have a text for {name!r}: the message's text is filled with it"
    return None
