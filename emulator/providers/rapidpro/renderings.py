"""What a translated text says to one contact: which translation, with which values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from emulator.core.sandbox import Sandbox

from .expressions import Template, compile_template
from .records import Contact, Words, Workspace
from .scope import ContactScope, Surroundings
from .sending import Draft

T = TypeVar("T", str, tuple[str, ...], tuple[Words, ...])


class Content(NamedTuple):
    """A message in several languages; its texts are templates.

    Languages that lack a part are absent from it.

    :param attachments: ``content-type:url`` each.
    """

    text: Words
    attachments: Mapping[str, tuple[str, ...]]
    quick_replies: Mapping[str, tuple[Words, ...]]
    base_language: str


class _Reply(NamedTuple):
    words: Words
    text: Template | None


class _Translation(NamedTuple):
    """What contacts of one language get; ``fixed`` if all of them get the same."""

    text: Template
    attachments: tuple[Template, ...]
    replies: tuple[_Reply, ...]
    fixed: tuple[str, tuple[str, ...], tuple[Words, ...]] | None


class Renderer:
    """Writes a translated text to contacts of a workspace."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace, content: Content) -> None:
        self._workspace = workspace
        self._content = content
        self._surroundings = Surroundings(sandbox, workspace)
        self._translations: dict[str | None, _Translation] = {}

    def draft(self, contact: Contact, broadcast: str | None = None) -> Draft | None:
        """Return the message to a contact, None if nothing is left to say."""
        language = contact.language if contact.language in self._workspace.languages else None
        translation = self._translations.get(language)
        if translation is None:
            translation = self._translations[language] = self._compile(language)
        parts = translation.fixed or self._evaluate(translation, contact)
        if not any(parts):
            return None
        text, attachments, replies = parts
        return Draft(contact, text, attachments, replies, broadcast=broadcast)

    def _evaluate(
        self, translation: _Translation, contact: Contact
    ) -> tuple[str, tuple[str, ...], tuple[Words, ...]]:
        scope = ContactScope(self._surroundings, contact)
        attachments = (part.evaluate(scope) for part in translation.attachments)
        replies = []
        for reply in translation.replies:
            if reply.text is None:
                replies.append(reply.words)
            elif text := reply.text.evaluate(scope):
                replies.append({**reply.words, "text": text})
        return (
            translation.text.evaluate(scope),
            tuple(attachment for attachment in attachments if attachment),
            tuple(replies),
        )

    def _compile(self, language: str | None) -> _Translation:
        content = self._content
        text = compile_template(self._choose(content.text, language) or "")
        given = self._choose(content.attachments, language) or ()
        attachments = tuple(compile_template(attachment) for attachment in given)
        words = self._choose(content.quick_replies, language) or ()
        replies = tuple(_reply(reply) for reply in words)
        # A constant need not be the text that was given: "@@" stands for "@".
        same = [part.constant for part in (text, *attachments)]
        known = [part for part in same if part is not None]
        is_fixed = len(known) == len(same) and all(reply.text is None for reply in replies)
        fixed = (known[0], tuple(known[1:]), tuple(words)) if is_fixed else None
        return _Translation(text, attachments, replies, fixed)

    def _choose(self, part: Mapping[str, T], language: str | None) -> T | None:
        """Return the first translation that is there and says something."""
        languages = (language, *self._workspace.languages[:1], self._content.base_language)
        for code in languages:
            found = part.get(code) if code is not None else None
            if found:
                return found
        return None


def _reply(words: Words) -> _Reply:
    text = words.get("text", "")
    return _Reply(words, compile_template(text) if "@" in text else None)
