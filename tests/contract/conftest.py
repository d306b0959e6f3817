"""How each vendor is spoken to: the least that tests of all vendors need to know."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.test import TestResponse

from emulator.registry import PROVIDERS
from emulator.web.provider import Provider
from tests.world import FIXTURES, World

REFERENCE = json.loads((FIXTURES / "reference.json").read_text())


@dataclass(frozen=True)
class Speaker:
    """Sends one message through a vendor of the reference fixture.

    :param channels: channel to (path, body for a recipient).
    """

    slug: str
    headers: dict[str, str]
    channels: dict[str, tuple[str, Callable[[str], dict[str, Any]]]]

    @property
    def provider(self) -> Provider:
        return next(provider for provider in PROVIDERS if provider.slug == self.slug)

    def send(self, world: World, channel: str, to: str, sandbox: str | None = None) -> TestResponse:
        path, body = self.channels[channel]
        base = f"/s/{sandbox}/{self.slug}" if sandbox else f"/{self.slug}"
        return world.call("POST", base + path, body(to), headers=self.headers)


def _teekrr(template: str | None = None, **more: Any) -> Callable[[str], dict[str, Any]]:
    wording = {"templateName": template} if template else {"templateContent": "Hello"}
    head = {"campaignName": "Contract", "type": "quick broadcast"}
    return lambda to: {**head, **wording, **more, "recipients": [to]}


CODE = {"templateParams": {"verificationCode": "1234"}}
SPEAKERS = (
    Speaker(
        slug="teekrr",
        headers={"Authorization": "Bearer tk_all"},
        channels={
            "sms": ("/sms", _teekrr()),
            "whatsapp": ("/whatsapp", _teekrr("otp_named", variables=CODE)),
            "email": ("/email", _teekrr("welcome_mail", subject="Hello")),
        },
    ),
    Speaker(
        slug="cuedesk",
        headers={"Authorization": "Bearer cue_ci_token"},
        channels={
            "whatsapp": (
                "/v2/broadcasts",
                lambda to: {
                    "from": "447576209857",
                    "template": {"name": "plain_notice", "locale": "en"},
                    "payload": [{"identifier": to}],
                },
            )
        },
    ),
    Speaker(
        slug="whautomate",
        headers={"x-api-key": "wh_test_key_a"},
        channels={
            "whatsapp": (
                "/v1/messages/whatsapp/sendtemplate",
                lambda to: {
                    "recepient": {"phoneNumber": f"+{to}", "name": "Aisyah"},
                    "location": {"id": "locMain001"},
                    "template": {"name": "plain_hello", "language": "en"},
                },
            )
        },
    ),
    Speaker(
        slug="rapidpro",
        headers={"Authorization": "Token rp_token_admin"},
        channels={
            "sms": (
                "/api/v2/broadcasts.json",
                lambda to: {"urns": [f"tel:+{to}"], "text": "Hello"},
            )
        },
    ),
)
CHANNELS = [(speaker, channel) for speaker in SPEAKERS for channel in speaker.channels]


@pytest.fixture
def world() -> World:
    return World(PROVIDERS, [REFERENCE])


@pytest.fixture(params=SPEAKERS, ids=lambda speaker: speaker.slug)
def speaker(request: pytest.FixtureRequest) -> Speaker:
    found: Speaker = request.param
    return found
