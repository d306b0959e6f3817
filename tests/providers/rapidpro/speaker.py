"""What the tests of all vendors need to know of RapidPro."""

from __future__ import annotations

from tests.contract.speaker import Speaker

SPEAKER = Speaker(
    slug="rapidpro",
    headers={"Authorization": "Token rp_token_admin"},
    channels={
        "sms": ("/api/v2/broadcasts.json", lambda to: {"urns": [f"tel:+{to}"], "text": "Hello"})
    },
    accounts="workspaces",
    account={
        "name": "W",
        "country": "KE",
        "languages": ["eng", "swa"],
        "timezone": "Africa/Nairobi",
    },
    country="KE",
    born="created_on",
    ending="queued",
    received="handled",
)
