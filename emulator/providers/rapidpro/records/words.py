"""Texts by what they are for: a language, or the part of something."""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, str]
