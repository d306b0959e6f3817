"""What a program under test needs to reach a vendor in a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .records import Access


@dataclass(frozen=True)
class ProviderHandle:
    """A vendor in a sandbox, for one account and key.

    :ivar base_url: to be used instead of the vendor's, without a slash at its end.
    :ivar account: the id of the account whose key it is.
    :ivar forms: the vendor's own way to say who is calling: headers, with ``{key}`` where the
        key stands.
    """

    slug: str
    base_url: str
    account: str
    key: str
    forms: Mapping[str, str] = field(repr=False)

    @property
    def auth(self) -> dict[str, str]:
        """The headers that show the key."""
        return {name: form.replace("{key}", self.key) for name, form in self.forms.items()}


def handle(slug: str, access: Access, account: str | None, key: str | None) -> ProviderHandle:
    """Return a handle for an account and a key by its name: the first ones if None.

    :raises LookupError: there is no such account, or it has no such key.
    """
    accounts = [found for found in access.accounts if account in (None, found.id)]
    if not accounts:
        known = ", ".join(found.id for found in access.accounts) or "none"
        raise LookupError(f"{slug} has no account {account!r}; there are: {known}")
    keys = [found for found in accounts[0].keys if key in (None, found.name)]
    if not keys:
        known = ", ".join(found.name for found in accounts[0].keys) or "none"
        raise LookupError(f"{slug} account {accounts[0].id} has no key {key!r}; there are: {known}")
    return ProviderHandle(slug, access.base_url, accounts[0].id, keys[0].key, access.auth)
