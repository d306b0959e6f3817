"""The channels of a workspace."""

from __future__ import annotations

import pytest

WORKSPACE = {"uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01", "name": "Lakeside Health"}
BOT = "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a02"
SMS = "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01"


def test_a_channel_has_these_keys(rapidpro):
    channel = rapidpro.one("channels", uuid=SMS)

    assert channel.pop("created_on") < "2026-05-06T10:00:00"
    assert channel == {
        "uuid": SMS,
        "name": "Lakeside SMS",
        "address": "+254700100200",
        "type": "external",
        "country": "KE",
        "device": None,
        "last_seen": None,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [BOT, SMS]),
        ({"uuid": BOT}, [BOT]),
        ({"address": "+254700100200"}, [SMS]),
        ({"address": "LAKESIDEBOT"}, []),
        ({"address": ""}, [BOT, SMS]),
        ({"address": "lakesidebot", "uuid": SMS}, []),
        ({"uuid": "1ec5e2a1-0000-4000-8000-00000000beef"}, []),
    ],
)
def test_filters(rapidpro, query, expected):
    assert [channel["uuid"] for channel in rapidpro.items("channels", **query)] == expected


def test_telephones_tell_about_themselves(rapidpro):
    phones = [
        {"name": "Old", "type": "android", "address": "+254700100201"},
        {
            "name": "New",
            "type": "android",
            "address": "+254700100202",
            "device": {"name": "Pixel", "power_level": 80},
            "last_seen": "2026-05-06T09:00:00Z",
        },
    ]
    rapidpro.load({**WORKSPACE, "channels": phones})

    new = rapidpro.one("channels", address="+254700100202")
    old = rapidpro.one("channels", address="+254700100201")

    assert old["device"] == {
        "name": None,
        "power_level": -1,
        "power_status": None,
        "power_source": None,
        "network_type": None,
    }
    assert (new["device"]["name"], new["device"]["power_level"]) == ("Pixel", 80)
    assert new["last_seen"] == "2026-05-06T09:00:00.000000Z"


def test_deleted_channels_are_hidden(rapidpro):
    rapidpro.load({**WORKSPACE, "channels": [{"name": "Gone", "deleted": True}]})

    assert len(rapidpro.items("channels")) == 2
