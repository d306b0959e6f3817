"""The group of all commands."""

from __future__ import annotations

import io
import sys
from collections import UserDict
from importlib import import_module
from typing import Any

import click

from emulator import __version__

from .outlets import is_lost

# Whoever serves needs one of these modules, and looks at none of the others.
PLACES = {
    "advance": "steering.advance",
    "callbacks": "traffic.callbacks",
    "completion": "completing.completion",
    "coverage": "coverage.coverage",
    "env": "executing.env",
    "exec": "executing.execute",
    "fixture": "fixtures.fixture",
    "inbound": "traffic.inbound",
    "messages": "traffic.messages",
    "outcome": "steering.outcome",
    "requests": "traffic.requests",
    "reset": "steering.reset",
    "serve": "serving.serve",
    "snapshot": "steering.snapshot",
}


class Commands(UserDict[str, Any]):
    """Commands by name: each is imported when it is asked for."""

    def __getitem__(self, name: str) -> click.Command:
        module, _, function = self.data[name].partition(".")
        command = getattr(import_module(f".{module}", __package__), function)
        assert isinstance(command, click.Command)
        return command


class Program(click.Group):
    """The group, which says in a line that nobody can be told anything."""

    def main(self, *args: Any, **more: Any) -> Any:
        """Run a command to its end."""
        try:
            return super().main(*args, **more)
        except OSError as error:
            if not is_lost(error):
                raise
            click.echo(f"Error: cannot write the output: {error.strerror}", err=True)
            sys.exit(1)


@click.group(
    cls=Program,
    commands=Commands(PLACES),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="broadcast-emulator")
def main() -> None:
    """Stand in for the APIs of RapidPro/TextIt, Teekrr, Cuedesk and Whautomate."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Where people's texts cannot be written as they are, the rest of an answer can.
            stream.reconfigure(errors="replace")
