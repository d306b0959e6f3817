"""Options that say what a server begins with, and how they are written on a command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def _pairs(_context: Any, _parameter: Any, values: Sequence[str]) -> dict[str, str]:
    pairs = dict(value.partition("=")[::2] for value in values)
    if not all(name and target for name, target in pairs.items()):
        raise click.BadParameter("must be NAME=HOST, for example localhost=host.docker.internal")
    return pairs


class _Folder(click.Path):
    """A folder; an empty name, as of a variable that nobody has set, is none."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the path of a name."""
        if not str(value):
            self.fail("must name a folder", param, ctx)
        return super().convert(value, param, ctx)


def place_options(command: Command) -> Command:
    """Give a command the options of where a server listens, and of what it keeps."""
    options = (
        click.option(
            "--host", default="127.0.0.1", show_default=True, help="Address to listen on."
        ),
        click.option(
            "--state",
            type=_Folder(file_okay=False, path_type=Path),
            help="Folder that keeps everything: a server started with it again goes on from there.",
        ),
        click.option(
            "--insecure", is_flag=True, help="Listen beyond this machine without a token."
        ),
        click.option(
            "--allow-host",
            multiple=True,
            metavar="HOST",
            help="A Host that the control API answers to besides this machine's; again for more.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def check_reach(options: Mapping[str, Any]) -> None:
    """Refuse to be reached from elsewhere, unless that is meant.

    :raises click.UsageError: it is not said to be.
    """
    from emulator.web.hosts import is_loopback

    host = options["host"].lower()
    if not (is_loopback(host) or options["control_token"] or options["insecure"]):
        raise click.UsageError(
            f"--host {host} can be reached from outside this machine: "
            "add --control-token TOKEN, or --insecure if that is all right."
        )


_WORLD = (
    click.option(
        "--latency",
        type=click.Choice(["instant", "fast", "realistic"]),
        show_default="as the fixture says, else fast",
        help="How long the steps of a message take.",
    ),
    click.option(
        "--unknown-keys",
        type=click.Choice(["refuse", "accept"]),
        show_default="as the fixture says, else refuse",
        help="What becomes of a request whose API key nobody has.",
    ),
    click.option("--control-token", help="Bearer token that the control API asks for."),
    click.option(
        "--allow-callback-host",
        multiple=True,
        metavar="HOST",
        help="A public host that may be called back; again for more.",
    ),
    click.option(
        "--callback-map",
        multiple=True,
        metavar="NAME=HOST",
        callback=_pairs,
        help="Call HOST where a callback URL says NAME; again for more.",
    ),
)


def world_options(fixture: str, clock: str | None = None) -> Callable[[Command], Command]:
    """Return a decorator that gives a command the options of a server's world.

    :param fixture: the default fixture.
    :param clock: the default clock; None: as the fixture says.
    """
    options = (
        click.option(
            "--fixture",
            "fixtures",
            multiple=True,
            default=(fixture,),
            show_default=True,
            metavar="NAME|FILE",
            help="A fixture that comes with the emulator, or a file; again for more to merge.",
        ),
        click.option("--seed", type=int, help="Seed of everything that is drawn."),
        click.option(
            "--clock",
            default=clock,
            show_default=clock is not None or "as the fixture says",
            help="real, manual, manual@TIME, or xN for N times real time.",
        ),
        *_WORLD,
    )

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def arguments(options: Mapping[str, Any]) -> list[str]:
    """Return options of a world and its place, and ``port``, as they are written for ``serve``."""
    written = [f"--fixture={fixture}" for fixture in options["fixtures"]]
    written += [f"--allow-host={host}" for host in options["allow_host"]]
    written += [f"--allow-callback-host={host}" for host in options["allow_callback_host"]]
    written += [f"--callback-map={name}={to}" for name, to in options["callback_map"].items()]
    if options["insecure"]:
        written.append("--insecure")
    for name in ("host", "port", "state", "seed", "clock", "latency", "unknown_keys"):
        if options.get(name) is not None:
            written.append(f"--{name.replace('_', '-')}={options[name]}")
    if options["control_token"] is not None:
        written.append(f"--control-token={options['control_token']}")
    return written
