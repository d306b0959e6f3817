"""The group of all commands."""

from __future__ import annotations

import click

from emulator import __version__

from .completing import completion
from .coverage import coverage
from .executing import env, execute
from .fixtures import fixture
from .serving import serve
from .steering import advance, outcome, reset, snapshot
from .traffic import callbacks, inbound, messages, requests


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="broadcast-emulator")
def main() -> None:
    """Stand in for the APIs of RapidPro/TextIt, Teekrr, Cuedesk and Whautomate."""


for command in (
    serve,
    execute,
    env,
    messages,
    requests,
    callbacks,
    inbound,
    outcome,
    advance,
    reset,
    snapshot,
    fixture,
    coverage,
    completion,
):
    main.add_command(command)
