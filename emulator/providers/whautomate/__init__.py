"""Whautomate: WhatsApp broadcasts to contacts and clients of appointment businesses."""

from __future__ import annotations

from .provider import PROVIDER

__all__ = ["PROVIDER"]
