"""Commands for fixtures; they need no server."""

from __future__ import annotations

from pathlib import Path

import click

from emulator.settings import ServerSettings


@click.group()
def fixture() -> None:
    """Work on fixtures: what sandboxes begin with."""


@fixture.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Say whether FILE can be loaded, or list its mistakes with their places."""
    from emulator.app import create_app
    from emulator.core.errors import EmulatorError, Invalid

    try:
        create_app(ServerSettings(fixtures=(str(file.absolute()),))).close()
    except Invalid as error:
        for problem in error.problems:
            meant = f" (did you mean {problem.suggestion!r}?)" if problem.suggestion else ""
            click.echo(f"{file}: {problem.pointer}: {problem.message}{meant}", err=True)
        raise click.exceptions.Exit(1) from error
    except EmulatorError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{file}: good")
