"""What a developer is told beside a refusal that says too little."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from emulator.core.errors import nearest
from emulator.core.sandbox import Sandbox

from .records import CHANNELS, Template, Workspace

MOST_NAMES = 1000
"""How many names are compared with one that is not known."""
MOST_SHOWN = 20


def no_template(name: str, own: Sequence[Template]) -> str:
    """Say why there is no approved template of a name and locale.

    :param own: all templates of the workspace.
    """
    called = [f"{one.locale} ({one.status})" for one in own if one.name == name]
    if called:
        return f"the template {name[:100]!r} is there as: {', '.join(called[:MOST_SHOWN])}"
    near = nearest(name, [one.name for one in islice(own, MOST_NAMES)])
    said = f"the workspace has no template {name[:100]!r}"
    return said if near is None else f"{said}; nearest: {near}"


def foreign_channel(found: Sandbox, workspace: Workspace) -> str:
    """Say which senders a workspace has."""
    own = found.store.table(CHANNELS).every("account", workspace.id)
    shown = [f"{one.identifier} ({one.type})" for one in own[:MOST_SHOWN]]
    return f"workspace {workspace.id} has the channels: {', '.join(shown) or 'none'}"
