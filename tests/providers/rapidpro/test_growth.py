"""What grows with a send-out and not with its square: counted, not timed."""

from __future__ import annotations

import pytest

from emulator.core.recorder import Recorder

from .flowing import make_flow, start_flow
from .people import LAKESIDE, STAFF
from .steering import until_idle


def add_people(rapidpro, count):
    """Add contacts to the group Staff."""
    people = [{"urns": [f"tel:+254711{n:06}"], "groups": ["Staff"]} for n in range(count)]
    rapidpro.load({**LAKESIDE, "contacts": people})


def written(rapidpro, act):
    """Return how many bytes a log takes of what something and its consequences change."""
    sizes = []
    recorder = Recorder(rapidpro.world.sandbox, 0, 0, lambda line: sizes.append(len(line)))
    recorder.attach()
    act()
    until_idle(rapidpro)
    recorder.detach()
    return sum(sizes)


def send(rapidpro):
    answer = rapidpro.post("broadcasts", {"text": "Hello", "groups": [STAFF]})
    assert answer.status_code == 201, answer.text


def start(rapidpro):
    start_flow(rapidpro, make_flow(rapidpro, "Plain"), groups=[STAFF])


@pytest.mark.parametrize("act", [send, start])
def test_log_grows_with_the_recipients(rapidpro, act):
    sizes = []
    for count in (400, 800, 1600):
        add_people(rapidpro, count)
        sizes.append(written(rapidpro, lambda: act(rapidpro)))

    assert sizes[2] - sizes[1] < 2.05 * (sizes[1] - sizes[0])
