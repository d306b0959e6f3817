"""Templates: find the one meant, check the values given for it, put them in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from emulator.core.sandbox import Sandbox
from emulator.core.wording import Wording
from emulator.web.context import hint
from emulator.web.operations import Evidence

from . import hints
from .errors import Missing, NotApproved, NotSubscribed, Unapproved, ValidationFailed, Violation
from .recipients import Recipient
from .records import CAMPAIGNS, TEMPLATES, Client, TeekrrMessage, Template

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
WHATSAPP_PLACEHOLDER = re.compile(r"\{\{([A-Za-z0-9_]+)\}\}")
MEDIA_OF_FORMAT = {"image": "headerImage", "video": "headerVideo", "document": "headerDocument"}


def text_wording(text: str) -> Wording:
    """Return the text of an SMS or e-mail template, ready to be filled."""
    return Wording(text, PLACEHOLDER)


def check_subscription(client: Client, channel: str, standing: Evidence = "documented") -> None:
    """Check that the client may use a channel.

    :param standing: how we know that the endpoint refuses others, and in which words.
    """
    if not client.subscriptions.get(channel, False):
        raise NotSubscribed(channel, standing)


def check_keyword(client: Client, keyword: str | None) -> None:
    """Check that a keyword is one of the client's, letter by letter."""
    if keyword is not None and keyword not in client.keywords:
        hint(hints.no_keyword(client))
        raise Missing("Keyword not found")


def text_template(found: Sandbox, client: Client, channel: str, name: str) -> Template:
    """Return an approved SMS or e-mail template; another status is as good as none."""
    template = _named(found, client, channel, name)
    if template is None:
        hint(hints.no_template(found, client, channel, name))
        raise Missing
    if template.status != "approved":
        hint(hints.not_approved(template))
        raise Unapproved
    return template


def whatsapp_template(found: Sandbox, client: Client, name: str) -> Template:
    """Return an approved WhatsApp template of a client that can send by WhatsApp at all."""
    if not client.has_own_waba and not client.may_use_platform_waba:
        raise Missing("No active WhatsApp configuration found for this client")
    template = _named(found, client, "whatsapp", name)
    if template is None:
        hint(hints.no_template(found, client, "whatsapp", name))
        raise Missing("WhatsApp template not found")
    if template.status != "approved":
        raise NotApproved(template.status)
    return template


def _named(found: Sandbox, client: Client, channel: str, name: str) -> Template | None:
    return found.store.table(TEMPLATES).one("name", (client.id, channel, name))


def check_texts(rows: Sequence[Recipient], wordings: Sequence[Wording]) -> None:
    """Check that every recipient has a value for every placeholder."""
    names = tuple(dict.fromkeys(name for wording in wordings for name in wording.names))
    wanted = frozenset(names)
    violations = [
        _missing(f"recipientVariables.{at}.variables", name)
        for at, row in enumerate(rows)
        if not wanted <= row.variables.keys()
        for name in names
        if name not in row.variables
    ]
    if violations:
        raise ValidationFailed(violations)


def check_parts(template: Template, values: Sequence[Mapping[str, Any]], prefix: str) -> None:
    """Check that values fit a WhatsApp template.

    :param prefix: path of the values, ``{at}`` where the position of the recipient belongs.
    """
    violations: list[Violation] = []
    for at, given in enumerate(values):
        where = prefix.format(at=at)
        _check_counts(template, given, where, violations)
        _check_media(template, given, where, violations)
        params = given.get("templateParams") or {}
        violations += [
            _missing(f"{where}.templateParams", name)
            for name in template.named_params
            if name not in params
        ]
    if violations:
        raise ValidationFailed(violations)


def _check_counts(
    template: Template, given: Mapping[str, Any], where: str, violations: list[Violation]
) -> None:
    wanted_of = (
        ("header", template.header_variables),
        ("body", template.body_variables),
        ("button", template.button_variables),
    )
    for part, wanted in wanted_of:
        count = len(given.get(part) or ())
        if count != wanted:
            text = f"Template expects {wanted} {part} variables but {count} were provided"
            violations.append(Violation(f"{where}.{part}", text))


def _check_media(
    template: Template, given: Mapping[str, Any], where: str, violations: list[Violation]
) -> None:
    name = medium_of(template)
    if not name:
        return
    url = given.get(name)
    if url is None:
        text = f"{name} is required for this template"
        violations.append(Violation(f"{where}.{name}", text))
    elif not url.lower().startswith(("http://", "https://")):
        violations.append(Violation(f"{where}.{name}", "Invalid URL"))


def _missing(where: str, name: str) -> Violation:
    return Violation(f"{where}.{name}", f"Missing value for template variable: {name}")


def whatsapp_wording(template: Template) -> Wording:
    """Return the body of a WhatsApp template, ready for :func:`fill_parts`."""
    return Wording(template.body_text, WHATSAPP_PLACEHOLDER)


def fill_parts(wording: Wording, given: Mapping[str, Any]) -> str:
    """Return the body with positional and named values; what has no value stays as it is."""
    if not wording.names:
        return wording.text
    values = {name: f"{{{{{name}}}}}" for name in wording.names}
    values.update(given.get("templateParams") or {})
    values.update({str(at): value for at, value in enumerate(given.get("body") or (), 1)})
    return wording.fill(values)


_wording = lru_cache(maxsize=64)(Wording)


def content_of(found: Sandbox, message: TeekrrMessage, given: Mapping[str, Any] | None) -> str:
    """Return the text of a message after substitution.

    :param given: its variables, opened.
    """
    if message.content is not None or message.broadcast is None:
        return message.content or ""
    text = found.store.table(CAMPAIGNS).get(message.broadcast).wording or ""
    return fill(message.channel, wording_of(message.channel, text), given or {})


def wording_of(channel: str, text: str) -> Wording:
    """Return the text of a channel's template, ready for :func:`fill`."""
    return _wording(text, WHATSAPP_PLACEHOLDER if channel == "whatsapp" else PLACEHOLDER)


def fill(channel: str, wording: Wording, given: Mapping[str, Any]) -> str:
    """Return a text with a recipient's values."""
    return fill_parts(wording, given) if channel == "whatsapp" else wording.fill(given)


def medium_of(template: Template) -> str:
    """Return which of the values is the URL of the media that the header shows; empty for none."""
    return MEDIA_OF_FORMAT.get(template.header_format, "")
