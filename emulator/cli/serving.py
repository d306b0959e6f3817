"""``serve``: start a server and say where it is."""

from __future__ import annotations

import gc
import json
import logging
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from emulator import __version__
from emulator.settings import ServerSettings

from .options import check_reach, place_options, world_options
from .outlets import is_lost

if TYPE_CHECKING:
    from emulator.app import Application
    from emulator.core.errors import Problem

MOST_MISTAKES = 20
MOST_ACCOUNTS = 4
MOST_KEYS = 3


@click.command()
@click.option(
    "--port",
    default=4600,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@world_options("demo")
@place_options
@click.option("--json", "is_json", is_flag=True, help="Say one line of JSON once it answers.")
@click.option("--while-stdin", is_flag=True, hidden=True, help="Stop when standard input ends.")
def serve(**options: Any) -> None:
    """Start the emulator, and serve until Ctrl-C.

    It prints its address, and the keys of each vendor.
    """
    is_json = options.pop("is_json")
    if options.pop("while_stdin"):
        threading.Thread(target=_stop_with_stdin, daemon=True).start()
    settings = _settings(options)
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    _run(settings, is_json=is_json)


def _stop_with_stdin() -> None:
    # Whoever started this holds the other end, and lets it go however it ends itself. Python's
    # own object for it has a lock, which the server's fork would take along.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _settings(options: dict[str, Any]) -> ServerSettings:
    check_reach(options)
    return ServerSettings(
        host=options["host"],
        port=options["port"],
        fixtures=tuple(options["fixtures"]),
        state=options["state"],
        seed=options["seed"],
        clock=options["clock"],
        latency=options["latency"],
        unknown_keys=options["unknown_keys"],
        control_token=options["control_token"],
        allowed_hosts=frozenset(options["allow_host"]),
        callback_hosts=frozenset(options["allow_callback_host"]),
        callback_map=options["callback_map"],
    )


def _run(settings: ServerSettings, *, is_json: bool) -> None:
    # Nothing that imports make is garbage; the server collects again once it is loaded.
    gc.disable()
    # The parts are imported here so that --help and mistakes in options answer at once.
    from emulator.app import check_settings, create_app
    from emulator.core.errors import EmulatorError
    from emulator.runtime.serving import THREADS
    from emulator.runtime.serving import serve as serve_app

    say = _heard(_say_json if is_json else _say)
    made: dict[str, Any] = {}

    def make() -> Application:
        with _listed(settings.fixtures):
            made["app"] = app = create_app(settings, threads=THREADS)
        return app

    try:
        check_settings(settings)
        serve_app(
            make,
            settings.host,
            settings.port,
            say,
            on_end=lambda: _sum_up(made["app"].summary()),
            token=settings.control_token,
        )
    except EmulatorError as error:
        raise click.ClickException(f"{error}{_advice(error)}") from error


@contextmanager
def _listed(fixtures: Sequence[str]) -> Iterator[None]:
    """Have several mistakes said as a list, and who tells their lines."""
    from emulator.app import BadSetting
    from emulator.core.errors import Invalid

    try:
        yield
    except Invalid as error:
        if len(error.problems) > 1:
            raise BadSetting(_list(error.problems, fixtures)) from error
        raise


def _list(problems: Sequence[Problem], fixtures: Sequence[str]) -> str:
    from emulator.core.errors import said

    lines = [said(problem) for problem in problems[:MOST_MISTAKES]]
    if len(problems) > MOST_MISTAKES:
        lines.append(f"and {len(problems) - MOST_MISTAKES:,} more")
    files = [name for name in fixtures if any(f"fixture {name}: " in line for line in lines)]
    checks = [
        f"Their lines: broadcast-emulator fixture check {shlex.quote(name)}" for name in files
    ]
    return "\n".join([f"{len(problems):,} mistakes", *(f"  {line}" for line in lines), *checks])


def _sum_up(lines: Sequence[str]) -> None:
    if lines:
        click.echo("\n".join(lines), err=True)


def _heard(say: Callable[[str, dict[str, Any]], None]) -> Callable[[str, dict[str, Any]], None]:
    """Return what says where the server is, if need be to those who read its mistakes."""

    def said(url: str, sandbox: dict[str, Any]) -> None:
        try:
            say(url, sandbox)
        except OSError as error:
            if not is_lost(error):
                raise
            why = f"cannot write the output: {error.strerror}"
            click.echo(f"Error: {why}; the emulator answers at {url}", err=True)

    return said


def _say_json(url: str, sandbox: dict[str, Any]) -> None:
    # The process that was started is the parent of the one that serves: it is the one to stop.
    said = {"url": url, "pid": os.getppid(), "version": __version__, "sandbox": sandbox}
    click.echo(json.dumps(said))


def _say(url: str, sandbox: dict[str, Any]) -> None:
    from emulator.registry import PROVIDERS

    lines = [f"broadcast-emulator {__version__} answers at {url}", ""]
    for provider in PROVIDERS:
        lines += [f"{provider.vendor.title}: {url}/{provider.slug}"]
        accounts = sandbox["providers"][provider.slug]["accounts"]
        for account in accounts[:MOST_ACCOUNTS]:
            lines += [
                f"  {account['name']}: {key['key']}  ({key['name']})"
                for key in account["keys"][:MOST_KEYS]
            ]
        key = next((key["key"] for account in accounts for key in account["keys"]), None)
        if key is None:
            lines.append("  no key: no account of the fixture has one")
        else:
            lines += ["  Try:", f"    {provider.example(f'{url}/{provider.slug}', key)}"]
        lines.append("")
    lines += [
        f"Console: {url}/_emulator/console",
        f"Control API: {url}/_emulator/openapi.json",
        "Stop with Ctrl-C.",
    ]
    click.echo("\n".join(lines))


def _advice(error: Exception) -> str:
    from emulator.runtime.ports import PortTaken

    if isinstance(error, PortTaken):
        return "; choose another with --port, or --port 0 for any free one"
    return ""
