"""What the tests of all vendors need to know of Teekrr."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.speaker import Speaker


def _sending(template: str | None = None, **more: Any) -> Callable[[str], dict[str, Any]]:
    wording = {"templateName": template} if template else {"templateContent": "Hello"}
    head = {"campaignName": "Contract", "type": "quick broadcast"}
    return lambda to: {**head, **wording, **more, "recipients": [to]}


CODE = {"templateParams": {"verificationCode": "1234"}}
SPEAKER = Speaker(
    slug="teekrr",
    headers={"Authorization": "Bearer tk_all"},
    channels={
        "sms": ("/sms", _sending()),
        "whatsapp": ("/whatsapp", _sending("otp_named", variables=CODE)),
        "email": ("/email", _sending("welcome_mail", subject="Hello")),
    },
    accounts="clients",
    account={"id": "c", "name": "C", "billing": {"creditBalance": 5000}},
    country="MY",
    born="createdAt",
    of_channel=lambda channel: {"channel": channel},
)
