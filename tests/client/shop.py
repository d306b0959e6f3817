"""What tests of the client send as a customer of a vendor."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from emulator.client import Sandbox

PERSON, OTHER = "60123456789", "60111222333"


def send_sms(sandbox: Sandbox, *recipients: str, text: str = "Hello") -> dict[str, Any]:
    """Send a text message; return what Teekrr answers."""
    teekrr = sandbox.provider("teekrr")
    body = {
        "campaignName": "Hello",
        "type": "quick broadcast",
        "templateContent": text,
        "recipients": list(recipients),
    }
    request = urllib.request.Request(
        f"{teekrr.base_url}/sms",
        data=json.dumps(body).encode(),
        headers={**teekrr.auth, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        answer: dict[str, Any] = json.load(response)
    return answer
