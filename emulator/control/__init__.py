"""The control plane: our own API under ``/_emulator``. It imitates nobody."""

from .app import create_control_app

__all__ = ["create_control_app"]
