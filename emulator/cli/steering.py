"""Commands that steer a sandbox: its clock, its rules, its state."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click

from . import tables
from .completing import outcomes, provider_option
from .remote import Remote, remote

_NUMBER = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)


@click.command()
@click.argument("duration", required=False)
@click.option("--until-idle", is_flag=True, help="Until nothing is planned any more.")
@click.option("--to", metavar="TIME", help="To a time such as 2026-05-06T12:00:00Z.")
@remote
def advance(there: Remote, *, duration: str | None, until_idle: bool, to: str | None) -> None:
    """Let time pass, and what falls due in it happen.

    DURATION is 90 (seconds), 90s, 2h, 3d or PT1H30M.
    """
    if sum((duration is not None, until_idle, to is not None)) != 1:
        raise click.UsageError("Give a duration, --until-idle or --to TIME.")
    by = float(duration) if duration and _NUMBER.fullmatch(duration) else duration
    with tables.working("Time passes …"):
        done = there.sandbox.advance(by, to=to, until="idle" if until_idle else None)
    there.show(done, tables.ledger)


@click.command()
@click.option("--empty", is_flag=True, help="Leave it without any account.")
@click.option("--all", "is_all", is_flag=True, help="Delete all other sandboxes, too.")
@remote
def reset(there: Remote, *, empty: bool, is_all: bool) -> None:
    """Put a sandbox back to what it was created from."""
    if empty and is_all:
        raise click.UsageError("--all goes back to the beginning; it cannot leave things empty.")
    if is_all:
        world = there.client.reset().show()
    else:
        world = there.sandbox.reset("empty" if empty else None)
    end = "holds no account any more" if empty else "is as it was"
    there.show(world, lambda fresh: click.echo(f"Sandbox {fresh.name} {end}."))


@click.command()
@click.argument("outcome", shell_complete=outcomes)
@click.option("--to", help="For messages to this person.")
@click.option("--to-prefix", help="For messages to numbers that begin so.")
@provider_option
@click.option("--channel", help="For messages of this channel: sms, whatsapp, email.")
@click.option("--times", type=click.IntRange(1), help="So many times, then no more.")
@click.option("--share", type=float, help="For this part of a broadcast: 0.1.")
@click.option("--error", nargs=2, metavar="CODE TEXT", help="With this error of the vendor.")
@click.option("--reply", help="The text of the answer, for `replied`.")
@remote
def outcome(there: Remote, *, outcome: str, **fields: Any) -> None:
    """Say what becomes of messages, before all other rules.

    OUTCOME is delivered, read, replied, rejected, undelivered, stuck, pending, bounced_permanent,
    bounced_transient or flaky.
    """
    given: Any = {name: value for name, value in fields.items() if value is not None}
    made = there.sandbox.outcome(outcome, **given)
    there.show(made, lambda rule: click.echo(f"Rule {rule['id']}: {_said(rule)}"))


def _said(rule: dict[str, Any]) -> str:
    conditions = [
        f"{name} {' '.join(value.values()) if isinstance(value, dict) else value}"
        for name, value in rule.items()
        if name not in ("id", "hits", "outcome")
    ]
    return " ".join([rule["outcome"], *(["for", ", ".join(conditions)] if conditions else [])])


@click.group()
def snapshot() -> None:
    """Keep a sandbox as a file, and continue it."""


@snapshot.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--as-fixture", is_flag=True, help="As a fixture, with which others can begin.")
@remote
def save(there: Remote, *, file: Path, as_fixture: bool) -> None:
    """Write the whole sandbox to FILE.

    A fixture is YAML if the name of the file ends so, else JSON.
    """
    from emulator.core.documents import write_document

    with tables.working("Saving …"):
        if as_fixture:
            text = write_document(there.sandbox.as_fixture(), file.name)
        else:
            text = json.dumps(there.sandbox.snapshot(), ensure_ascii=False)
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"cannot write {file}: {error.strerror}") from error
    size = {"file": str(file), "bytes": file.stat().st_size}
    there.show(size, lambda kept: click.echo(f"{kept['file']}: {kept['bytes']:,} bytes"))


@snapshot.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@remote
def load(there: Remote, *, file: Path) -> None:
    """Continue what FILE holds in the sandbox.

    The sandbox is made if there is none of that name.
    """
    try:
        document = json.loads(file.read_bytes())
    except ValueError as error:
        raise click.ClickException(f"{file} is no snapshot: {error}") from error
    with tables.working("Loading …"):
        restored = there.client.sandboxes.restore(there.name, document)
    there.show(
        restored.show(),
        lambda world: click.echo(f"Sandbox {world.name} continues at {world.clock.now:%F %T}."),
    )
