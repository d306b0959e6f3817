"""The workspace itself."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("name", ["workspace", "org"])
def test_the_workspace_is_one_object(rapidpro, name):
    answer = rapidpro.get(name, uuid="ignored", cursor="x")

    assert answer.json == {
        "uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01",
        "name": "Lakeside Health",
        "country": "KE",
        "languages": ["eng", "swa"],
        "timezone": "Africa/Nairobi",
        "date_style": "day_first",
        "anon": False,
        "credits": {"used": -1, "remaining": -1},
        "primary_language": "eng",
    }


def test_every_token_has_its_own(rapidpro):
    answer = rapidpro.as_("rp_token_other").get("workspace")

    assert (answer.json["name"], answer.json["country"]) == ("Other Clinic", "US")
