"""Commands that look at traffic, and make some."""

from __future__ import annotations

from typing import Any

import click

from . import tables
from .completing import provider_option, providers
from .remote import Remote, remote

_LIMIT = click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1), help="At most so many."
)


@click.command()
@provider_option
@click.option("--to", help="Sent to this person.")
@click.option("--from", "from_", help="Written by this person.")
@click.option("--status", help="In this status, in the vendor's word.")
@click.option("--broadcast", help="Of this broadcast.")
@click.option("--text", help="With this in the text.")
@_LIMIT
@remote
def messages(there: Remote, **filters: Any) -> None:
    """Show messages of all vendors, newest first."""
    there.show(there.sandbox.messages(**filters), tables.messages)


@click.command()
@provider_option
@click.option("--path", help="For this path below the vendor's base; may hold * and ?.")
@click.option("--status", type=int, help="Answered with this status.")
@click.option("--unmatched", is_flag=True, help="For what the vendor does not have.")
@_LIMIT
@remote
def requests(there: Remote, *, unmatched: bool, **filters: Any) -> None:
    """Show what clients asked of vendors, newest first."""
    if unmatched:
        filters["matched"] = False
    there.show(there.sandbox.requests(**filters), tables.requests)


@click.command()
@provider_option
@click.option("--event", help="About this event, in the vendor's word.")
@click.option("--subject", help="About this message or object.")
@click.option(
    "--state", type=click.Choice(["pending", "succeeded", "failed"]), help="In this state."
)
@_LIMIT
@remote
def callbacks(there: Remote, **filters: Any) -> None:
    """Show callbacks with all tries, newest first."""
    there.show(there.sandbox.callbacks(**filters), tables.callbacks)


@click.command()
@click.argument("provider", shell_complete=providers)
@click.argument("from_", metavar="FROM")
@click.argument("text", required=False)
@click.option("--account", help="The account that receives it; the vendor's first by default.")
@click.option("--to", help="The channel that receives it.")
@click.option("--name", help="What the person is called.")
@click.option("--media", multiple=True, help="URL of something attached.")
@remote
def inbound(there: Remote, *, provider: str, from_: str, text: str | None, **more: Any) -> None:
    """Let a person write TEXT to an account of PROVIDER."""
    given: Any = {name: value for name, value in more.items() if value not in (None, ())}
    received = there.sandbox.inbound(provider, from_, text, **given)
    there.show(received, lambda message: tables.messages([message]))
