"""What a shell can complete."""

from __future__ import annotations

from pkgutil import iter_modules
from typing import Any

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
PROGRAM, VARIABLE = "broadcast-emulator", "_BROADCAST_EMULATOR_COMPLETE"


def slugs() -> list[str]:
    """Return the names of all vendors without importing any: those of their packages."""
    from emulator import providers

    return [found.name for found in iter_modules(providers.__path__)]


def providers(_context: Any, _parameter: Any, incomplete: str) -> list[str]:
    """Return the vendors that may be meant."""
    return [slug for slug in slugs() if slug.startswith(incomplete)]


def outcomes(_context: Any, _parameter: Any, incomplete: str) -> list[str]:
    """Return the outcomes that may be meant."""
    from emulator.core.lifecycle import OUTCOMES

    return [name for name in OUTCOMES if name.startswith(incomplete)]


provider_option = click.option("--provider", shell_complete=providers, help="Of this vendor only.")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what completes commands in a shell.

    Use it as: eval "$(broadcast-emulator completion bash)".
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = context.find_root().command
    click.echo(kind(root, {}, PROGRAM, VARIABLE).source())
