"""The workspace itself, under two names."""

from __future__ import annotations

from typing import Any

from emulator.providers.rapidpro.answers import CreditsOut, WorkspaceOut
from emulator.providers.rapidpro.context import workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.web import context
from emulator.web.operations import Evidence

#: Workspaces have had no credits for a long time; clients still read them.
CREDITS: CreditsOut = {"used": -1, "remaining": -1}


def show() -> WorkspaceOut:
    found = workspace()
    return {
        "uuid": found.id,
        "name": found.name,
        "country": found.country,
        "languages": list(found.languages),
        "timezone": found.timezone,
        "date_style": found.date_style,
        "anon": found.anon,
        "credits": CREDITS,
        "primary_language": found.languages[0] if found.languages else None,
    }


def _sample() -> Any:
    return show() if context.notes().get("caller") else {"uuid": None, "name": ""}


def _endpoint(name: str, evidence: Evidence) -> Endpoint:
    endpoint = Endpoint(
        name,
        sample=_sample,
        has_fixed_permission=True,
        answers_head=True,
        answers_options=True,
        evidence=evidence,
    )
    endpoint.answers(show)
    return endpoint


ENDPOINTS = (_endpoint("workspace", "documented"), _endpoint("org", "observed"))
