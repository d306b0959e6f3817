"""What the tests of all vendors need to know of Whautomate."""

from __future__ import annotations

from typing import Any

from tests.contract.speaker import Speaker


def _template(to: str) -> dict[str, Any]:
    return {
        "recepient": {"phoneNumber": f"+{to}", "name": "Aisyah"},
        "location": {"id": "locMain001"},
        "template": {"name": "plain_hello", "language": "en"},
    }


SPEAKER = Speaker(
    slug="whautomate",
    headers={"x-api-key": "wh_test_key_a"},
    channels={"whatsapp": ("/v1/messages/whatsapp/sendtemplate", _template)},
    accounts="accounts",
    account={"id": "a", "name": "A", "owner": "o@a.example"},
    country="US",
    born="timestamp",
    outgoing={"isIncoming": False},
    ending="sent",
    hidden=frozenset({"pending", "scheduled"}),
)
