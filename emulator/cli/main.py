"""The group of all commands."""

from __future__ import annotations

import click

from emulator import __version__

from .coverage import coverage
from .serving import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="broadcast-emulator")
def main() -> None:
    """Stand in for the APIs of RapidPro/TextIt, Teekrr, Cuedesk and Whautomate."""


main.add_command(serve)
main.add_command(coverage)
