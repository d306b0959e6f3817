"""What a view of the control plane can reach: the emulator, the providers, the sandbox named."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from flask import current_app, g

from emulator.core.emulator import Emulator
from emulator.core.fault_documents import ErrorNames
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Vendor
from emulator.settings import ServerSettings
from emulator.web.provider_apps import ProviderApps

from .streams import Streams, Waits

EXTENSION = "control"

IN_SANDBOX = "/sandboxes/<name>"
"""The ``url_prefix`` of blueprints whose views are given the ``name`` of a sandbox."""


class Control(NamedTuple):
    """Everything that the control plane was given when it was made."""

    emulator: Emulator
    apps: ProviderApps
    settings: ServerSettings
    version: str
    streams: Streams
    waits: Waits


def control() -> Control:
    """Return what this control plane was made with."""
    found: Control = current_app.extensions[EXTENSION]
    return found


def error_names() -> ErrorNames:
    """Return the errors that faults may name, by provider."""
    providers = control().apps.providers
    return {slug: frozenset(provider.faults) for slug, provider in providers.items()}


def the_sandbox(name: str) -> Sandbox:
    """Return a sandbox by name, in use until the request ends.

    :raises NotFound: there is none of that name.
    """
    found = control().emulator.get(name)
    found.visits.enter()
    g.setdefault("entered", []).append(found)
    return found


def vendors_meant(sandbox: Sandbox, provider: str | None) -> Collection[Vendor]:
    """Return the vendor that is named, all where none is."""
    return sandbox.vendors.values() if provider is None else (sandbox.vendors[provider],)


def leave_sandboxes(_error: BaseException | None) -> None:
    """Note that a request that used sandboxes has ended."""
    for sandbox in g.pop("entered", ()):
        sandbox.visits.leave()
