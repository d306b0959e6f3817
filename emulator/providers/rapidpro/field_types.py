"""What follows when a contact field becomes one of another type."""

from __future__ import annotations

from emulator.core.sandbox import Sandbox

from . import records as r
from .background import soon
from .contact_fields import FieldTexts
from .fires import Fires
from .kinds import CONTACTS
from .planned import POPULATE
from .smart_groups import groups_using
from .values import LEVELS


def changed(sandbox: Sandbox, workspace: r.Workspace, field: r.Field) -> None:
    """Read the texts of a field anew where that is needed, and ask the queries that use it again.

    Numbers and dates were read when the texts were given. That groups follow is assumed.

    :param field: of its new type.
    """
    if field.type in LEVELS:
        _find_places(sandbox, workspace, field.key)
    Fires(sandbox, workspace).plan_anchored(field.key)
    soon(sandbox, POPULATE, [group.id for group in groups_using(sandbox, workspace, field.key)])


def _find_places(sandbox: Sandbox, workspace: r.Workspace, key: str) -> None:
    texts, contacts = FieldTexts(sandbox, workspace), sandbox.store.table(CONTACTS)
    for contact in contacts.every("modified", (workspace.id,)):
        value = contact.fields.get(key)
        if value is None:
            continue
        fields = texts.read({key: value.text}, contact.fields)
        if fields is not contact.fields:
            # That a text is understood now is no change of the contact.
            contacts.change(contact, fields=fields)
