"""Endpoints that newer servers have no longer: classifiers, opt-ins and templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from emulator.providers.rapidpro import filters, lookups, paging
from emulator.providers.rapidpro import records as r
from emulator.providers.rapidpro.answers import (
    ClassifierOut,
    OptInOut,
    Ref,
    TemplateOut,
    TranslationOut,
)
from emulator.providers.rapidpro.context import now, table, workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.kinds import CHANNELS, CLASSIFIERS, OPTINS, TEMPLATES
from emulator.providers.rapidpro.names import UniqueNameOf
from emulator.providers.rapidpro.naming import new_uuid, next_serial
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.providers.rapidpro.values import format_moment
from emulator.web.context import sandbox


def show_classifier(classifier: r.Classifier) -> ClassifierOut:
    """Return a classifier as the API has it."""
    return {
        "uuid": classifier.id,
        "name": classifier.name,
        "type": classifier.type,
        "intents": sorted(classifier.intents),
        "created_on": format_moment(classifier.created_on),
    }


classifiers = Endpoint(
    "classifiers",
    asks=("uuid", "before", "after"),
    model="Classifier",
    show=show_classifier,
    is_old=True,
)


@classifiers.lists
def list_classifiers() -> Response:
    """Answer with classifiers, newest first."""
    id = filters.uuid("uuid")
    return paging.page(
        CLASSIFIERS,
        "created",
        (workspace().id,),
        show_classifier,
        is_timed=True,
        where=None if id is None else lambda classifier: classifier.id == id,
    )


def show_optin(optin: r.OptIn) -> OptInOut:
    """Return an opt-in as the API has it."""
    return {
        "uuid": optin.id,
        "name": optin.name,
        "created_on": format_moment(optin.created_on),
    }


class OptInIn(Schema):
    """The body of a POST."""

    name = UniqueNameOf(OPTINS, required=True)


optins = Endpoint("optins", model="OptIn", show=show_optin, is_old=True, evidence="observed")


@optins.lists
def list_optins() -> Response:
    """Answer with opt-ins, newest first."""
    return paging.page(OPTINS, "created", (workspace().id,), show_optin)


@optins.creates(OptInIn)
def create_optin(body: Body) -> r.OptIn:
    """Make an opt-in."""
    optin = r.OptIn(
        id=new_uuid(sandbox(), OPTINS),
        serial=next_serial(sandbox(), OPTINS),
        workspace=workspace().id,
        name=OptInIn().read(body)["name"],
        created_on=now(),
    )
    table(OPTINS).add(optin)
    return optin


def show_template(template: r.Template) -> TemplateOut:
    """Return a template as the API has it."""
    return {
        "uuid": template.id,
        "name": template.name,
        "translations": [_translation(given) for given in template.translations],
        "created_on": format_moment(template.created_on),
        "modified_on": format_moment(template.modified_on),
    }


def _translation(given: Mapping[str, Any]) -> TranslationOut:
    """Return one language of a template; fixtures may leave out what they don't care about."""
    return {
        "language": given.get("language"),
        "locale": given.get("locale"),
        "content": given.get("content"),
        "namespace": given.get("namespace", ""),
        "variable_count": given.get("variable_count", 0),
        "status": given.get("status", "approved"),
        "channel": _channel(given.get("channel")),
    }


def _channel(named: Any) -> Ref | None:
    """Return the channel that a fixture names, or says outright."""
    if not isinstance(named, str):
        said: Ref | None = named
        return said
    channels = table(CHANNELS).every("created", (workspace().id,))
    found = (c for c in channels if named in (c.id, c.address, c.name))
    return next(map(lookups.ref, found), None)


templates = Endpoint(
    "templates",
    asks=("reverse", "before", "after"),
    model="Template",
    show=show_template,
    is_old=True,
    evidence="observed",
)


@templates.lists
def list_templates() -> Response:
    """Answer with templates, the latest changed first."""
    return paging.page(TEMPLATES, "modified", (workspace().id,), show_template, is_timed=True)


ENDPOINTS = (classifiers, optins, templates)
