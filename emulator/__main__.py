"""``python -m emulator``: the command line."""

from .cli import main

main(prog_name="broadcast-emulator")
