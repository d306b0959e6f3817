"""RapidPro and TextIt: the REST API v2."""

from __future__ import annotations

from .provider import PROVIDER

__all__ = ["PROVIDER"]
