"""The console: one page for people at ``/_emulator/console``, fed by the control API alone."""

from .pages import create_console

__all__ = ["create_console"]
