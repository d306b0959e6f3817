"""Teekrr: SMS, WhatsApp and e-mail broadcasts of a Malaysian platform."""

from __future__ import annotations

from .provider import PROVIDER

__all__ = ["PROVIDER"]
