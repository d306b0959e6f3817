"""Read, check and merge fixture documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .clock import EPOCH, LATEST
from .documents import ENDINGS, Document, parse_document
from .endpoints import merge_endpoints
from .errors import Invalid, NotFound, Problem, Problems, nearest
from .generating import expand
from .moments import read_moment
from .rules import read_rules
from .vendor import Vendor

if TYPE_CHECKING:
    from .sandbox import Sandbox

VERSION = 1
COMMON = (
    "$schema",  # By which editors find what may stand here.
    "emulator",
    "description",
    "seed",
    "clock",
    "settings",
    "outcomes",
    "endpoints",
)


class Library:
    """Fixture documents by name or file.

    :param folders: where ``NAME.json`` and ``NAME.yaml`` are looked for, first folder first.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)

    def names(self) -> list[str]:
        """Return the names of the fixtures that come with the emulator."""
        files = (path for folder in self._folders for path in folder.glob("*.*"))
        return sorted({path.stem for path in files if path.suffix in ENDINGS} - {"schema"})

    def read(self, name: str) -> Document:
        """Return a fixture by its name; never a file outside the folders.

        :raises NotFound: there is none of that name.
        """
        if name in self.names():
            for path in (at / f"{name}{end}" for at in self._folders for end in ENDINGS):
                if path.is_file():
                    return parse_document(path.read_bytes(), str(path))
        hint = nearest(name, self.names())
        known = ", ".join(self.names())
        raise NotFound(
            f"no fixture {name!r}; did you mean {hint!r}?"
            if hint
            else f"no fixture {name!r}; there are {known}"
        )

    def read_file(self, path: Path) -> Document:
        """Return a fixture from a file that the user names.

        :raises NotFound: the file cannot be read.
        :raises Invalid: it is no JSON or YAML object.
        """
        try:
            return parse_document(path.read_bytes(), str(path))
        except OSError as error:
            raise NotFound(f"cannot read fixture {path}: {error.strerror}") from error


def read_clock_moment(value: Any) -> datetime:
    """Return a moment at which a clock can stand.

    :raises ValueError: it is none.
    """
    moment = read_moment(value)
    if not EPOCH <= moment <= LATEST:
        raise ValueError(f"Must be a time from {EPOCH.year} to {LATEST.year}")
    return moment


def fixture_clock(document: Document, problems: Problems, pointer: str = "") -> datetime | None:
    """Return the moment at which a fixture's clock stands; None if it has none or is real."""
    value = document.get("clock")
    if value is None or value == "real":
        return None
    try:
        return read_clock_moment(value)
    except ValueError as error:
        problems.add(f"{pointer}/clock", f'{error}, or "real"')
        return None


def check_object(document: Any, pointer: str) -> None:
    """Check that something can be a fixture at all.

    :raises Invalid: it is no object.
    """
    if not isinstance(document, dict):
        raise Invalid([Problem(pointer=pointer, message="Must be an object")])


def _check_head(
    document: Document, vendors: Iterable[str], pointer: str, problems: Problems
) -> None:
    """Check what all fixtures have in common, apart from the parts that are merged."""
    problems.unknown_keys(pointer, document, [*COMMON, *vendors])
    if document.get("emulator") is True or document.get("emulator") != VERSION:
        problems.add(f"{pointer}/emulator", f"Must be {VERSION}: the version of the format")
    seed = document.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        problems.add(f"{pointer}/seed", "Must be a whole number")
    if not isinstance(document.get("description", ""), str):
        problems.add(f"{pointer}/description", "Must be a string")
    fixture_clock(document, problems, pointer)


def merge(sandbox: Sandbox, document: Document, pointer: str = "") -> None:
    """Merge a fixture into a running sandbox: everything, or nothing if it has mistakes.

    :raises Invalid: lists every mistake with its place.
    """
    merge_all(sandbox, [(document, pointer)])


def merge_all(sandbox: Sandbox, documents: Sequence[tuple[Document, str]]) -> None:
    """Merge fixtures in their order, each with the pointer to it: all of them, or none.

    :raises Invalid: lists every mistake of the first that has any.
    """
    with sandbox.unit():
        settings, rules, hits = (
            sandbox.settings.fork(),
            sandbox.outcomes.rules,
            sandbox.outcomes.hits,
        )
        try:
            for document, pointer in documents:
                problems = Problems()
                _merge(sandbox, document, pointer, problems)
                problems.check()
            sandbox.trim()
        except BaseException:
            sandbox.settings = settings
            sandbox.outcomes.rules, sandbox.outcomes.hits = rules, hits
            raise


def _merge(sandbox: Sandbox, document: Document, pointer: str, problems: Problems) -> None:
    check_object(document, pointer)
    _check_head(document, sandbox.vendors, pointer, problems)
    if "settings" in document:
        settings = sandbox.settings.fork()
        settings.merge(document["settings"], f"{pointer}/settings", problems)
        sandbox.settings = settings
    # Before the parts: what is planned in them ends as the rules beside them say.
    if "outcomes" in document:
        _merge_outcomes(sandbox, document["outcomes"], f"{pointer}/outcomes", problems)
    for vendor in sandbox.vendors.values():
        part = document.get(vendor.slug)
        if part is not None:
            _merge_part(sandbox, vendor, part, f"{pointer}/{vendor.slug}", problems)
    if "endpoints" in document:
        where = f"{pointer}/endpoints"
        endpoints = expand(sandbox, None, document["endpoints"], where, problems)
        found = Problems()
        merge_endpoints(sandbox, endpoints.part, where, found)
        problems.found += endpoints.traced(found.found)


def _merge_outcomes(sandbox: Sandbox, given: Any, pointer: str, problems: Problems) -> None:
    outcomes = expand(sandbox, None, given, pointer, problems)
    found = Problems()
    names, new_id = sandbox.vendors, lambda: new_rule_id(sandbox)
    _merge_rules(sandbox, read_rules(outcomes.part, pointer, found, names, new_id))
    problems.found += outcomes.traced(found.found)


def _merge_part(
    sandbox: Sandbox, vendor: Vendor, part: Any, pointer: str, problems: Problems
) -> None:
    if not isinstance(part, dict):
        problems.add(pointer, "Must be an object")
    elif "outcomeRules" in part:
        problems.add(
            f"{pointer}/outcomeRules", "Outcome rules stand in the top-level list", "outcomes"
        )
    else:
        load_part(sandbox, vendor, part, pointer, problems)


def load_part(
    sandbox: Sandbox, vendor: Vendor, part: Mapping[str, Any], pointer: str, problems: Problems
) -> None:
    """Merge a vendor's part of a fixture, with what is to be generated in it."""
    expansion = expand(sandbox, vendor, part, pointer, problems)
    found = Problems()
    vendor.load(sandbox, expansion.part, pointer, found)
    problems.found += expansion.traced(found.found)
    if expansion.stumbled is not None and not problems.found:
        raise expansion.stumbled


def new_rule_id(sandbox: Sandbox) -> str:
    """Return an id for an outcome rule that has none."""
    taken = {rule.id for rule in sandbox.outcomes.rules}
    while (id := f"rule-{sandbox.ids.serial('rules')}") in taken:
        pass
    return id


def _merge_rules(sandbox: Sandbox, rules: Sequence[Any]) -> None:
    new = {rule.id: rule for rule in rules}
    kept = [new.pop(rule.id, rule) for rule in sandbox.outcomes.rules]
    sandbox.outcomes.rules = [*kept, *new.values()]
