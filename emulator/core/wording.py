"""Texts with placeholders."""

from __future__ import annotations

import re
from collections.abc import Mapping


class Wording:
    """A text with placeholders, taken apart once for many recipients.

    :param placeholder: has one group, the name.
    """

    def __init__(self, text: str, placeholder: re.Pattern[str]) -> None:
        self.text = text
        # Text and names by turns, beginning and ending with text.
        self._pieces = placeholder.split(text)
        self._names = self._pieces[1::2]
        self.names = tuple(dict.fromkeys(self._names))

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the text with all of its values; none is looked into again."""
        if not self._names:
            return self.text
        pieces = self._pieces.copy()
        pieces[1::2] = [values[name] for name in self._names]
        return "".join(pieces)
