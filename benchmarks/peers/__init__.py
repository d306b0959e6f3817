"""The emulator beside other programs that imitate web services, in one interleaved run."""

from .measure import peers

__all__ = ["peers"]
