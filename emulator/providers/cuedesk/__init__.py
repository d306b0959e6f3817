"""Cuedesk (Cue): WhatsApp broadcasts of a customer-messaging platform."""

from __future__ import annotations

from .provider import PROVIDER

__all__ = ["PROVIDER"]
