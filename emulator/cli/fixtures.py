"""Commands for fixtures; they need no server."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from msgspec.structs import replace

from .completing import slugs

if TYPE_CHECKING:
    from emulator.core.documents import Places
    from emulator.core.errors import Problem
    from emulator.core.generating import Batch, Maker
    from emulator.core.sending import Answer, Parcel
    from emulator.core.vendor import Vendor

CLOCK = "2026-05-06T10:00:00Z"
MOST_SHOWN = 100

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MANY = click.IntRange(0, 1_000_000)
_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.group()
def fixture() -> None:
    """Work on fixtures: what sandboxes begin with."""


@fixture.command()
@click.argument("files", metavar="FILE...", type=_FILE, nargs=-1, required=True)
def check(files: tuple[Path, ...]) -> None:
    """List the mistakes in each FILE with their lines.

    Without any it can be loaded by itself; if all can, the exit code is 0.
    """
    good = [_is_good(file) for file in files]
    if not all(good):
        raise click.exceptions.Exit(1)


def _is_good(file: Path) -> bool:
    """Say whether a file has no mistakes; print them, or that there are none."""
    from emulator.core.documents import Places, parse_document
    from emulator.core.errors import Invalid

    raw = file.read_bytes()
    try:
        problems = _mistakes(parse_document(raw, str(file)))
    except Invalid as error:
        click.echo(str(error), err=True)
        return False
    if problems:
        _tell(file, problems, Places(raw, str(file)))
    else:
        click.echo(f"{file}: good")
    return not problems


def _tell(file: Path, problems: Sequence[Problem], places: Places) -> None:
    """Print mistakes in the order of their lines."""
    lines = {problem.pointer: places.line(problem.pointer) for problem in problems}
    ordered = sorted(problems, key=lambda problem: lines[problem.pointer])
    for problem in ordered[:MOST_SHOWN]:
        meant = f" (did you mean {problem.suggestion!r}?)" if problem.suggestion else ""
        where = f"{file}:{lines[problem.pointer]}: {problem.pointer or '/'}"
        click.echo(f"{where}: {problem.message}{meant}", err=True)
    if len(problems) > MOST_SHOWN:
        click.echo(f"{file}: and {len(problems) - MOST_SHOWN:,} more", err=True)


def _mistakes(document: Any) -> tuple[Problem, ...]:
    from emulator.core.emulator import Emulator, Wish
    from emulator.core.errors import Invalid
    from emulator.core.fixtures import Library

    wish = Wish(name="default", documents=(document,), pointers=("",))
    try:
        Emulator(_vendors(), _Nobody(), Library([])).create(wish)
    except Invalid as error:
        return error.problems
    return ()


def _vendors() -> list[Vendor]:
    from emulator.registry import PROVIDERS

    return [provider.vendor for provider in PROVIDERS]


class _Nobody:
    """Stands where callbacks would leave: no fixture sends any."""

    def post(
        self, world: object, lane: Hashable, parcel: Parcel, done: Callable[[Answer], None]
    ) -> NoReturn:
        raise AssertionError("a fixture has sent a callback")

    def abandon(self, world: object) -> None:
        """Nothing is ever under way."""

    def close(self) -> None:
        """Nothing is open."""


@fixture.command()
@click.option("--output", "-o", "file", type=_OUT, help="Write to a file.")
def schema(file: Path | None) -> None:
    """Print the JSON Schema by which editors complete."""
    from emulator.core.describing import document
    from emulator.core.documents import write_document

    text = write_document(document(_vendors()), "schema.json")
    if file is None:
        click.echo(text, nl=False)
    else:
        _write(file, text)


@fixture.command()
@click.option("--provider", type=click.Choice(slugs()), required=True, help="Whose fixture.")
@click.option("--contacts", type=_MANY, default=0, show_default=True, help="How many people.")
@click.option("--messages", type=_MANY, default=0, show_default=True, help="How many.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of what is drawn.")
@click.option(
    "--output",
    "-o",
    "file",
    type=_OUT,
    required=True,
    help="The file: YAML if its name ends so, else JSON.",
)
def generate(provider: str, contacts: int, messages: int, seed: int, file: Path) -> None:
    """Write a fixture with made-up people and messages.

    It is the same for the same seed.
    """
    from emulator.core.documents import write_document

    with _progress(contacts + messages) as step:
        document = _generated(provider, contacts, messages, seed, step)
        text = write_document(document, file.name)
    _write(file, text)
    click.echo(f"{file}: {contacts:,} contacts and {messages:,} messages, {len(text):,} characters")


def _generated(
    provider: str, contacts: int, messages: int, seed: int, step: Callable[[], None]
) -> dict[str, Any]:
    from emulator.core.clock import Clock
    from emulator.core.errors import Problems
    from emulator.core.generating import expand, plain
    from emulator.core.moments import read_moment
    from emulator.core.sandbox import Sandbox

    vendor = next(_counted(one, step) for one in _vendors() if one.slug == provider)
    assert vendor.sample is not None
    try:
        part = vendor.sample(contacts, messages)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    clock = Clock("manual", read_moment(CLOCK))
    sandbox = Sandbox("default", [vendor], _Nobody(), clock=clock, seed=seed)
    problems = Problems()
    expansion = expand(sandbox, vendor, part, "", problems)
    problems.check()
    head = {"emulator": 1, "description": f"Made up for {vendor.title}", "seed": seed}
    return {**head, "clock": CLOCK, provider: plain(expansion.part)}


def _counted(vendor: Vendor, step: Callable[[], None]) -> Vendor:
    """Return a vendor that tells of every contact and message it makes."""
    whole = vendor.generate

    def generate(batch: Batch) -> Maker | None:
        maker = whole(batch) if whole is not None else None
        if maker is None or batch.name not in ("contacts", "messages"):
            return maker
        make = maker

        def counted(n: int) -> dict[str, Any]:
            step()
            return make(n)

        return counted

    return replace(vendor, generate=generate)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """Show a bar while the objects of a fixture are made, where somebody looks."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    # Where nobody looks it would leave an empty line.
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Making people up", total=total or None)
        yield lambda: bar.advance(task)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"cannot write {file}: {error.strerror}") from error
