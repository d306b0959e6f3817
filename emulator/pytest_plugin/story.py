"""What the report of a failed test says about its sandbox."""

from __future__ import annotations

from emulator.client import ClientError, Sandbox
from emulator.client.timeline import timeline

MOST_LINES = 60


def tell(sandbox: Sandbox, template: Sandbox) -> str:
    """Return what happened in a sandbox, and how to have it happen again.

    :param template: what it was forked from; messages that stand there already are left out.
    """
    try:
        clock = sandbox.clock()
        newest = template.messages(limit=1)
        entries = timeline(sandbox, since=newest[0].id if newest else None)
    except ClientError as error:
        # The report must not fail because the server has.
        return f"sandbox {sandbox.name}: {error}"
    lines = [
        f"{entry.at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {entry.kind:<8}  {entry.text}"
        for entry in entries
    ]
    if len(lines) > MOST_LINES:
        left = len(lines) - MOST_LINES
        lines = [f"… {left} more before these", *lines[-MOST_LINES:]]
    seed = sandbox.seed
    head = f"sandbox {sandbox.name}, seed {seed} (again: @pytest.mark.emulator(seed={seed}))"
    end = f"clock at {clock.now:%Y-%m-%d %H:%M:%S} ({clock.mode}), {clock.pending} planned"
    return "\n".join([head, *(lines or ["Nothing was asked of it."]), end])
