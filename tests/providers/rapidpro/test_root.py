"""The index of the API and the addresses around it."""

from __future__ import annotations

import pytest

BASE = "http://localhost/rapidpro/api/v2"


@pytest.mark.parametrize("path", [f"/rapidpro/api/v2/{end}" for end in ("", ".json", ".json/")])
def test_the_index_maps_names_to_documentation_pages(rapidpro, path):
    answer = rapidpro.as_(None).get(path)

    assert answer.status_code == 200
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert list(answer.json)[:4] == ["archives", "boundaries", "broadcasts", "campaigns"]
    assert answer.json["contact_actions"] == f"{BASE}/contact_actions"
    assert len(answer.json) == 27


def test_the_newest_server_lists_fewer(rapidpro):
    rapidpro.world.client.patch(
        "/_emulator/sandboxes/default/settings", json={"rapidpro": {"mode": "strict"}}
    )

    index = rapidpro.get("/rapidpro/api/v2/.json").json

    assert len(index) == 25
    assert not {"boundaries", "classifiers"} & index.keys()


def test_people_get_a_page(rapidpro):
    answer = rapidpro.call("GET", "/rapidpro/api/v2/", headers={"Accept": "*/*"})

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_the_format_goes_on_to_the_pages(rapidpro):
    answer = rapidpro.get("/rapidpro/api/v2/", format="json")

    assert answer.json["runs"] == f"{BASE}/runs?format=json"


def test_the_index_has_the_address_that_the_client_used(rapidpro):
    headers = {"Host": "api.example.org:8443", "X-Forwarded-Proto": "https"}
    headers |= {"X-Forwarded-Host": "elsewhere.example.org"}

    answer = rapidpro.call("GET", "/s/default/rapidpro/api/v2/.json", headers=headers)

    assert answer.json["runs"] == "https://api.example.org:8443/s/default/rapidpro/api/v2/runs"


@pytest.mark.parametrize("token", [None, "rp_token_admin"])
def test_the_index_can_only_be_read(rapidpro, token):
    driver, path = rapidpro.as_(token), "/rapidpro/api/v2/.json"

    assert driver.call("POST", path, {}).status_code == 405
    assert driver.call("HEAD", path).status_code == 200
    assert driver.call("OPTIONS", path).json["name"]


def test_a_bad_token_cannot_even_read_the_index(rapidpro):
    assert rapidpro.as_("nope").get("/rapidpro/api/v2/").json == {"detail": "Invalid token"}


@pytest.mark.parametrize(
    ("path", "status", "target"),
    [
        ("/api", 301, "/rapidpro/api/"),
        ("/api/", 302, "/rapidpro/api/v2/"),
        ("/api/v2", 301, "/rapidpro/api/v2/"),
        ("/api/v2?a=%C3%A9&format=json", 301, "/rapidpro/api/v2/?a=%C3%A9&format=json"),
        ("/api/v2/explorer", 301, "/rapidpro/api/v2/explorer/"),
        ("/api/v2/explorer/", 302, "/rapidpro/accounts/login/?next=/api/v2/explorer/"),
    ],
)
def test_the_addresses_around_it_lead_elsewhere(rapidpro, path, status, target):
    answer = rapidpro.get(f"/rapidpro{path}")

    assert (answer.status_code, answer.headers["Location"]) == (status, target)


def test_every_endpoint_of_the_index_that_exists_has_a_page(rapidpro):
    index = rapidpro.get("/rapidpro/api/v2/.json").json
    served = {"contacts", "groups", "messages", "topics", "users", "workspace"}

    for name in served:
        assert rapidpro.get(index[name]).status_code == 200
