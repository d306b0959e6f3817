"""How long the steps of messages take: as rules say, or by the latency of a sandbox."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from statistics import NormalDist

from .durations import LONGEST
from .ids import Draws
from .lifecycle import Delay, Lifecycle
from .records import Delays, Message, Plan
from .rules import bare

_Z95 = NormalDist().inv_cdf(0.95)


def draw_delay(delays: Delays, fraction: Callable[[], float]) -> timedelta:
    """Return a span, drawn where it is a range or a distribution."""
    if delays.fixed is not None:
        return timedelta(seconds=delays.fixed)
    if delays.least is not None and delays.most is not None:
        return timedelta(seconds=delays.least + (delays.most - delays.least) * fraction())
    assert delays.p50 is not None
    assert delays.p95 is not None
    drawn = lognormal(delays.p50, delays.p95, fraction())
    return timedelta(seconds=min(drawn, LONGEST))


def lognormal(p50: float, p95: float, fraction: float) -> float:
    """Return the value of a lognormal distribution below which a fraction lies."""
    if p50 <= 0:
        return 0.0
    sigma = math.log(max(p95, p50) / p50) / _Z95
    deviation = NormalDist().inv_cdf(min(max(fraction, 1e-9), 1 - 1e-9))
    return p50 * math.exp(sigma * deviation)


def step_delay(
    draws: Draws, message: Message, lifecycle: Lifecycle, target: str, latency: str
) -> timedelta:
    """Return how long a message takes for its next step.

    Drawn, where it is drawn, from (seed, recipient, n-th send to it, number of the step).
    """
    span = _span(message, lifecycle, target, latency)
    return span if isinstance(span, timedelta) else _drawn(draws, message, span)


class Pace:
    """How long messages take for their next steps; looked up once for those that are alike."""

    def __init__(
        self, draws: Draws, latency: str, lifecycle_of: Callable[[str], Lifecycle]
    ) -> None:
        self._draws = draws
        self._latency = latency
        self._lifecycle_of = lifecycle_of
        self._spans: dict[tuple[int, str, str, str], tuple[Plan, timedelta | Delays]] = {}

    def of_step(self, message: Message, target: str) -> timedelta:
        """Return what :func:`step_delay` does."""
        key = id(message.plan), message.channel, message.state, target
        known = self._spans.get(key)
        if known is None:
            lifecycle = self._lifecycle_of(message.channel)
            # Holding the plan keeps its id from being given to another.
            known = message.plan, _span(message, lifecycle, target, self._latency)
            self._spans[key] = known
        span = known[1]
        return span if isinstance(span, timedelta) else _drawn(self._draws, message, span)


def _span(message: Message, lifecycle: Lifecycle, target: str, latency: str) -> timedelta | Delays:
    """Return how long a step takes, or what each message draws that from."""
    wanted = message.plan.delays.get(lifecycle.delay_names.get(target, ""))
    if wanted is None:
        return _profile(lifecycle.steps[message.state, target], latency)
    return timedelta(seconds=wanted.fixed) if wanted.fixed is not None else wanted


def _drawn(draws: Draws, message: Message, span: Delays) -> timedelta:
    def fraction() -> float:
        return draws.fraction("delay", bare(message.address), message.nth, message.taken)

    return draw_delay(span, fraction)


def reply_delay(draws: Draws, message: Message, lifecycle: Lifecycle, latency: str) -> timedelta:
    """Return how long after the last step the person answers."""

    def fraction() -> float:
        return draws.fraction("delay", bare(message.address), message.nth, "reply")

    span = message.plan.delays.get("reply") or _profile(lifecycle.reply, latency)
    return span if isinstance(span, timedelta) else draw_delay(span, fraction)


def _profile(delay: Delay, latency: str) -> timedelta | Delays:
    if latency == "instant":
        return timedelta()
    if latency == "realistic":
        return Delays(p50=delay.p50, p95=delay.p95)
    return timedelta(seconds=delay.fast)
