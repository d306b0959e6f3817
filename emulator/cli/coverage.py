"""``coverage``: every documented operation, with its evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

HEADINGS = ("provider", "operation", "served", "evidence", "request")


@click.command()
@click.argument("provider", required=False)
@click.option("--json", "is_json", is_flag=True, help="Say it as one JSON document.")
def coverage(provider: str | None, is_json: bool) -> None:
    """List all operations, and how they are known.

    Those that are not imitated stand there, too.

    documented: the vendor's own pages say so; observed: seen of a server or in a real client;
    assumed: nobody says, and this is the likeliest.
    """
    items = _items(provider)
    if is_json:
        click.echo(json.dumps({"items": items, "total": len(items)}, indent=2))
        return
    rows = [
        (
            item["provider"],
            item["id"],
            "yes" if item["served"] else "no",
            item["evidence"] or "-",
            f"{item['method']} {item['path']}" if item["served"] else str(item["why"]),
        )
        for item in items
    ]
    click.echo("\n".join(_table([HEADINGS, *rows])))


def _items(provider: str | None) -> list[dict[str, Any]]:
    # Imported here so that --help and mistakes in options answer at once.
    from emulator.registry import PROVIDERS
    from emulator.web.coverage import coverage as operations
    from emulator.web.provider_app import ProviderApp

    known = {found.slug: found for found in PROVIDERS}
    if provider is not None and provider not in known:
        raise click.BadParameter(f"must be one of: {', '.join(known)}", param_hint="provider")
    wanted = [found for slug, found in known.items() if provider in (None, slug)]
    return [item._asdict() for found in wanted for item in operations(ProviderApp(found))]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
