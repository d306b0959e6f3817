"""What a template looks like when its places are filled, and whether it may be sent at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from emulator.core.records import Failure
from emulator.core.sandbox import Sandbox
from emulator.core.wording import Wording

from . import shapes
from .kinds import LOCATIONS, TEMPLATES
from .records import Client, Contact, Content, Face, Template

_PLACE = re.compile(r"\{\{\s*(\d{1,3})\s*\}\}", re.ASCII)
_PERSON = re.compile(r"\{\{\s*((?:contact|client)\.[^{}\s]+)\s*\}\}")
MEDIA_HEADERS = frozenset({"IMAGE", "VIDEO", "DOCUMENT"})

NO_PHONE = Failure(code="NO_PHONE", message="Recipient has no phone number")
NO_CHANNEL = Failure(code="NO_CHANNEL", message="WhatsApp channel is not connected")
GONE = Failure(code="132001", message="Template name does not exist in the translation")
PAUSED = Failure(code="132015", message="Template is paused")
WRONG_COUNT = Failure(
    code="132000",
    message="Number of parameters does not match the expected number of params",
)
WRONG_FORMAT = Failure(
    code="132012", message="Parameter format does not match format in the created template"
)
FAILURES = (NO_PHONE, NO_CHANNEL, GONE, PAUSED, WRONG_COUNT, WRONG_FORMAT)


def template_of(found: Sandbox, account: str, content: Content) -> Template | None:
    """Return the template that is meant, or None."""
    return found.store.table(TEMPLATES).one("name", (account, content.template, content.language))


def is_connected(found: Sandbox, location: str | None) -> bool:
    """Return whether a location has a WhatsApp channel."""
    known = found.store.table(LOCATIONS).find(location) if location else None
    return known is not None and known.whatsapp is not None


def mismatch(content: Content, template: Template) -> Failure | None:
    """Return why WhatsApp would refuse these values for a template, or None."""
    given = (content.body_texts, content.header_texts, content.button_urls)
    wanted = (template.body_variables, template.header_variables, template.url_variables)
    if tuple(map(len, given)) != wanted:
        return WRONG_COUNT
    needs_media = template.header_kind in MEDIA_HEADERS and not content.header_media
    needs_place = template.header_kind == "LOCATION" and content.location is None
    return WRONG_FORMAT if needs_media or needs_place else None


def obstacle(
    found: Sandbox, account: str, location: str | None, content: Content
) -> Failure | None:
    """Return why nobody at all could get a broadcast with this content now, or None."""
    if not is_connected(found, location):
        return NO_CHANNEL
    template = template_of(found, account, content)
    if template is None:
        return GONE
    return PAUSED if template.status != "APPROVED" else mismatch(content, template)


class Painter:
    """Shows one content to many people; what all see the same is made once.

    :param template: None where it is unknown; nobody will see anything then.
    """

    def __init__(self, found: Sandbox, content: Content, template: Template | None) -> None:
        self._found = found
        self._content = content
        self._template = template
        self._wordings = [Wording(text, _PERSON) for text in content.texts]
        self._is_personal = any(wording.names for wording in self._wordings)
        self._shared = self._face(content.texts)

    def face(self, person: Contact | Client | None) -> Face:
        """Return what a person sees."""
        if not self._is_personal:
            return self._shared
        known = self._shape(person)
        return self._face([wording.fill(_values(wording, known)) for wording in self._wordings])

    def _shape(self, person: Contact | Client | None) -> Mapping[str, Any]:
        if person is None:
            return {}
        if isinstance(person, Contact):
            return {"contact": shapes.contact(self._found, person)}
        return {"client": shapes.client(self._found, person)}

    def _face(self, texts: Any) -> Face:
        template, content = self._template, self._content
        if template is None:
            return Face(text="")
        headers = len(content.header_texts)
        header = texts[:headers]
        body = texts[headers : headers + len(content.body_texts)]
        has_media = template.header_kind in MEDIA_HEADERS
        has_text = template.header_kind == "TEXT"
        return Face(
            text=_filled(template.body_text, body),
            header_text=_filled(template.header_text or "{{1}}", header) if has_text else None,
            media_url=content.header_media if has_media else None,
            footer=template.footer or None,
            options=tuple(button.text for button in template.buttons if button.text),
        )


def _filled(text: str, values: Any) -> str:
    wording = Wording(text, _PLACE)
    given = {str(at): value for at, value in enumerate(values, 1)}
    return wording.fill({name: given.get(name, "") for name in wording.names})


def _values(wording: Wording, known: Mapping[str, Any]) -> dict[str, str]:
    return {name: _look_up(known, name) for name in wording.names}


def _look_up(known: Any, path: str) -> str:
    for part in path.split("."):
        known = known.get(part) if isinstance(known, Mapping) else None
    if isinstance(known, bool) or known is None or isinstance(known, Mapping | list):
        return ""
    return str(known)
