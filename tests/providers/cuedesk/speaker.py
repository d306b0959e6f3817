"""What the tests of all vendors need to know of Cuedesk."""

from __future__ import annotations

from typing import Any

from tests.contract.speaker import Speaker


def _broadcast(to: str) -> dict[str, Any]:
    return {
        "from": "447576209857",
        "template": {"name": "plain_notice", "locale": "en"},
        "payload": [{"identifier": to}],
    }


SPEAKER = Speaker(
    slug="cuedesk",
    headers={"Authorization": "Bearer cue_ci_token"},
    channels={"whatsapp": ("/v2/broadcasts", _broadcast)},
    accounts="workspaces",
    account={"id": "w", "name": "W"},
    country="GB",
    born="created_at",
)
