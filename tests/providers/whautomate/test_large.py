"""A broadcast to 20,000 contacts."""

import pytest

from tests.providers.whautomate.desk import Desk, stats

COUNT = 20_000


@pytest.fixture(scope="module")
def crowded():
    """A desk whose segment ``segCrowd`` has 20,000 members."""
    desk = Desk()
    desk.load(
        contacts=[
            {
                "id": f"con{at:05d}",
                "name": f"N {at}",
                "phoneNumber": f"+1303{at:07d}",
                "location": "locMain001",
                "tags": ["Crowd"],
            }
            for at in range(COUNT)
        ],
        segments=[
            {"id": "segCrowd", "name": "C", "type": "contact", "criteria": {"tags": ["crowd"]}}
        ],
    )
    return desk


def test_twenty_thousand(crowded):
    crowded.control(
        "PUT",
        "/outcomes",
        {
            "rules": [
                {"provider": "whautomate", "outcome": "rejected", "share": 0.02},
                {"provider": "whautomate", "outcome": "delivered", "share": 0.5},
                {"provider": "whautomate", "outcome": "read"},
            ]
        },
    )
    id = crowded.broadcast(segments=[{"id": "segCrowd"}])

    crowded.advance()

    broadcast = crowded.get(f"/broadcasts/{id}")
    assert broadcast["completedAt"] == "2026-05-06T10:16:40.950Z"
    assert stats(broadcast) == (COUNT, 19_600, 400, 19_600, 19_600, 9_800, 400, 0)
    pages = [crowded.logs(id, f"?limit=1000&page={page}") for page in range(1, 22)]
    assert [len(page) for page in pages] == [1000] * 20 + [0]
    names = [log["recepientName"] for page in pages for log in page]
    assert names == [f"N {at}" for at in range(COUNT)]


def test_twenty_thousand_at_once_and_again(crowded):
    # The other test of this file may have run here, or elsewhere.
    before = len(crowded.get("/messages/con00000"))
    crowded.set(between_recipients=0)
    crowded.control("PUT", "/outcomes", {"rules": []})
    id = crowded.broadcast(segments=[{"id": "segCrowd"}])
    crowded.advance()

    assert stats(crowded.get(f"/broadcasts/{id}"))[3] == COUNT
    again = crowded.broadcast(retargetBroadcast={"id": id}, retargetEngagementType="read")
    crowded.advance()
    assert stats(crowded.get(f"/broadcasts/{again}"))[0] == COUNT
    crowded.delete(f"/broadcasts/{id}")
    assert len(crowded.get("/messages/con00000")) == before + 2
