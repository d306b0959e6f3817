"""Placeholders of the recording: values that differ between servers, such as ids and links.

``{{uuid:KEY}}``, ``{{int:KEY}}``, ``{{url:KEY}}``, ``{{token:ROLE}}`` and ``{{email:ROLE}}`` stand
for one value each, known from the fixture or seen in an earlier answer. ``{{dt}}``, ``{{uuid}}``,
``{{int}}``, ``{{url}}``, ``{{str}}``, ``{{any}}`` and ``{{re:…}}`` are forms of values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

PLACEHOLDER = re.compile(r"\{\{(re:.*|[^{}]*?)\}\}", re.DOTALL)
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z"
#: Forms as they look inside a longer text.
FORMS = {"any": r".+?", "int": r"\d+", "uuid": UUID, "dt": MOMENT}


class UnknownValue(Exception):
    """A request needs a value that no earlier answer had."""


class Values:
    """What the placeholders stand for.

    :param base: the URL of the server.
    """

    def __init__(self, base: str, known: Mapping[str, Any]) -> None:
        self._known = {"base": base, "prefix": urlsplit(base).path, **known}

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def __getitem__(self, name: str) -> Any:
        return self._known[name]

    def forget(self, name: str) -> None:
        self._known.pop(name, None)

    def learn(self, name: str, value: Any) -> bool:
        """Take note of a value if it has the form that its placeholder asks; say whether it has."""
        form = name.partition(":")[0]
        if form == "int":
            is_good = isinstance(value, int) and not isinstance(value, bool)
        else:
            is_good = isinstance(value, str) and value.startswith("http" if form == "url" else "")
        if is_good and value != "":
            self._known[name] = value
        return is_good and value != ""

    def get(self, name: str) -> Any:
        """Return the value of a placeholder.

        :raises UnknownValue: there is none yet.
        """
        start, _, rest = name.partition(":")
        if start == "repeat":
            text, _, times = rest.rpartition(":")
            return text * int(times)
        if start == "upper":
            return str(self.get(rest)).upper()
        if start == "nodash":
            return str(self.get(rest)).replace("-", "")
        if name not in self._known:
            raise UnknownValue(name)
        return self._known[name]

    def fill(self, value: Any) -> Any:
        """Return a part of a request with its placeholders filled in."""
        if isinstance(value, str):
            whole = PLACEHOLDER.fullmatch(value)
            if whole:
                return self.get(whole[1])
            return PLACEHOLDER.sub(lambda found: str(self.get(found[1])), value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$repeat" in value:
            text, count = json.dumps(self.fill(value["$repeat"]["item"])), value["$repeat"]["n"]
            return [json.loads(text.replace("{n}", str(n))) for n in range(1, count + 1)]
        return {self.fill(key): self.fill(item) for key, item in value.items()}
