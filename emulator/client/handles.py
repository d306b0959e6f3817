"""What a program under test needs to reach a vendor in a sandbox."""

from __future__ import annotations

from dataclasses import dataclass

from .records import Access

# The vendors' own ways to say who is calling: header and form of its value.
HEADERS = {
    "rapidpro": ("Authorization", "Token {}"),
    "teekrr": ("Authorization", "Bearer {}"),
    "cuedesk": ("Authorization", "Bearer {}"),
    "whautomate": ("x-api-key", "{}"),
}


@dataclass(frozen=True)
class ProviderHandle:
    """A vendor in a sandbox, for one account and key.

    :ivar base_url: to be used instead of the vendor's, without a slash at its end.
    :ivar account: the id of the account whose key it is.
    """

    slug: str
    base_url: str
    account: str
    key: str

    @property
    def auth(self) -> dict[str, str]:
        """The headers that show the key."""
        name, form = HEADERS.get(self.slug, ("Authorization", "Bearer {}"))
        return {name: form.format(self.key)}


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
    return ProviderHandle(slug, access.base_url, accounts[0].id, keys[0].key)
