"""The command line: ``broadcast-emulator``, also ``python -m emulator``."""

from .main import main

__all__ = ["main"]
