"""Templates: texts in which paths and expressions stand after an ``@``."""

import logging
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from .parser import ROOTS, Evaluate, compile_expression, compile_path
from .values import FAILURES, EvaluationError, Scope, to_text

log = logging.getLogger(__name__)

Part = Callable[[Scope], str]

# ``@@``, ``@(`` or a path whose dots all stand between names.
_MARK = re.compile(r"@(?:(?P<escaped>@)|(?P<open>\()|(?P<path>\w+(?:\.\w+)*))")
_PARENTHESIS = re.compile(r'[()"]')
_QUOTED_REST = re.compile(r'(?:[^"\\]|\\.)*"', re.DOTALL)


class Template:
    """A parsed text, ready to be evaluated for many contacts."""

    __slots__ = ("_constant", "_parts", "text")

    def __init__(self, text: str, parts: tuple[str | Part, ...]) -> None:
        self.text = text
        self._parts = parts
        fixed = [part for part in parts if isinstance(part, str)]
        self._constant = "".join(fixed) if len(fixed) == len(parts) else None

    @property
    def constant(self) -> str | None:
        """The text that every contact gets, None if it is not the same for all."""
        return self._constant

    def evaluate(self, scope: Scope) -> str:
        """Return the text for one contact; what fails leaves nothing behind but a log line."""
        if self._constant is not None:
            return self._constant
        return "".join([part if isinstance(part, str) else part(scope) for part in self._parts])


@lru_cache(maxsize=512)
def compile_template(text: str) -> Template:
    """Parse a text once for all the contacts that it is sent to; it never fails."""
    if "@" not in text:
        return Template(text, (text,))
    return Template(text, tuple(_parts(text)))


def _parts(text: str) -> Iterator[str | Part]:
    position = 0
    while mark := _MARK.search(text, position):
        yield text[position : mark.start()]
        position = mark.end()
        if mark["escaped"]:
            yield "@"
        elif mark["path"]:
            yield _path_part(mark["path"])
        else:
            end = _closing(text, position)
            if end is None:
                # The engine reads on to the end in search of the parenthesis, so nothing
                # after it is evaluated either.
                yield text[mark.start() :]
                return
            yield _expression_part(text[position:end])
            position = end + 1
    yield text[position:]


def _closing(text: str, position: int) -> int | None:
    depth = 1
    while found := _PARENTHESIS.search(text, position):
        position = found.end()
        if found[0] == '"':
            quoted = _QUOTED_REST.match(text, position)
            if quoted is None:
                return None
            position = quoted.end()
        else:
            depth += 1 if found[0] == "(" else -1
            if depth == 0:
                return found.start()
    return None


def _path_part(path: str) -> str | Part:
    names = path.lower().split(".")
    if names[0] not in ROOTS:
        return f"@{path}"
    return _rendered(compile_path(names), f"@{path}")


def _expression_part(source: str) -> str | Part:
    try:
        evaluate = compile_expression(source)
    except EvaluationError as error:
        log.warning("expression @(%s) is left empty: %s", source[:200], error)
        return ""
    return _rendered(evaluate, f"@({source[:200]})")


def _rendered(evaluate: Evaluate, source: str) -> Part:
    def render(scope: Scope) -> str:
        try:
            value = evaluate(scope)
            return value if isinstance(value, str) else to_text(value)
        except FAILURES as error:
            # At info: an unknown field in a big broadcast would say this once per contact.
            log.info("%s is left empty: %s", source, error)
            return ""

    return render
