"""How each vendor is spoken to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module

import pytest

from emulator.registry import PROVIDERS
from tests.contract.speaker import Speaker
from tests.world import FIXTURES, World

REFERENCE = json.loads((FIXTURES / "reference.json").read_text())


def _speakers() -> Iterator[Speaker]:
    """Yield the speakers that there are; a test tells which vendor lacks one."""
    for provider in PROVIDERS:
        name = f"tests.providers.{provider.slug}.speaker"
        try:
            yield import_module(name).SPEAKER
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise


SPEAKERS = tuple(_speakers())
CHANNELS = [(speaker, channel) for speaker in SPEAKERS for channel in speaker.channels]


@pytest.fixture
def world() -> World:
    return World(PROVIDERS, [REFERENCE])


@pytest.fixture(params=SPEAKERS, ids=lambda speaker: speaker.slug)
def speaker(request: pytest.FixtureRequest) -> Speaker:
    found: Speaker = request.param
    return found
