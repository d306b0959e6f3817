"""The vendors, one line each."""

from __future__ import annotations

from emulator.providers.cuedesk import PROVIDER as CUEDESK
from emulator.providers.rapidpro import PROVIDER as RAPIDPRO
from emulator.providers.teekrr import PROVIDER as TEEKRR
from emulator.providers.whautomate import PROVIDER as WHAUTOMATE
from emulator.web.provider import Provider

PROVIDERS: tuple[Provider, ...] = (
    RAPIDPRO,
    TEEKRR,
    CUEDESK,
    WHAUTOMATE,
)
