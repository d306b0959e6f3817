"""Keys, addresses, scopes, rate limits, and what is not served."""

import pytest

from emulator.providers.teekrr import PROVIDER
from tests.providers.teekrr.desk import TEST_SEND, Desk, email, reference, sms, whatsapp
from tests.world import World


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer    ",
        "Basic dGs6",
        "tk_all",
        "Bearertk_all",
        "Token tk_all",
    ],
)
def test_a_request_without_a_bearer_key_is_refused(desk, header):
    headers = {} if header is None else {"Authorization": header}

    answer = desk.post("/sms", sms(), key=None, headers=headers)

    assert answer.status_code == 401
    assert answer.json == {"message": "Missing or invalid Authorization header"}
    assert answer.content_type == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("tk_unknown", "Invalid API key"),
        ("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "Invalid API key"),
        ("tk_revoked", "API key has been revoked"),
        ("tk_expired", "API key has expired"),
    ],
)
def test_keys_that_do_not_count_are_refused(desk, key, message):
    answer = desk.post("/sms", sms(), key)

    assert (answer.status_code, answer.json) == (401, {"message": message})


@pytest.mark.parametrize("header", ["Bearer tk_all", "bearer tk_all", "BEARER   tk_all "])
def test_the_scheme_may_be_written_in_any_case(desk, header):
    assert desk.post("/sms", sms(), None, headers={"Authorization": header}).status_code == 202


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("expiresAt", "API key has expired"),
        ("revokedAt", "API key has been revoked"),
    ],
)
def test_a_key_works_until_the_moment_of_its_end(desk, end, message):
    desk.load_client(apiKeys=[{"key": "tk_short", end: {"$now": "+10s"}}])

    desk.advance(9.999)
    assert desk.post("/sms", sms(), "tk_short").status_code == 202
    desk.advance(0.001)
    assert desk.post("/sms", sms(), "tk_short").json == {"message": message}


def test_a_revoked_key_is_refused_before_an_expired_one(desk):
    past = "2026-05-01T00:00:00Z"
    desk.load_client(apiKeys=[{"key": "tk_both", "expiresAt": past, "revokedAt": past}])

    assert desk.post("/sms", sms(), "tk_both").json == {"message": "API key has been revoked"}


@pytest.mark.parametrize(
    ("whitelist", "address", "status"),
    [
        (["203.0.113.10"], "203.0.113.10", 202),
        (["203.0.113.10"], "203.0.113.11", 403),
        (["203.0.113.0/24"], "203.0.113.77", 202),
        (["203.0.113.0/24"], "203.0.114.1", 403),
        (["203.0.113.10"], "::ffff:203.0.113.10", 202),
        (["::ffff:203.0.113.10"], "203.0.113.10", 202),
        (["::ffff:203.0.113.0/120"], "203.0.113.99", 202),
        (["::ffff:203.0.113.0/120"], "203.0.114.99", 403),
        (["::ffff:0.0.0.0/96"], "203.0.113.99", 202),
        (["::ffff:0.0.0.0/96"], "2001:db8::5", 403),
        (["2001:db8::/32"], "2001:db8::5", 202),
        (["2001:db8::/32"], "2001:db9::5", 403),
        (["2001:db8::/32", "10.0.0.0/8"], "10.1.2.3", 202),
        (["203.0.113.10"], "not an address", 403),
        ([], "198.51.100.1", 202),
    ],
)
def test_a_key_works_from_its_addresses_only(desk, whitelist, address, status):
    desk.load_client(apiKeys=[{"key": "tk_here", "ipWhitelist": whitelist}])

    answer = desk.post("/sms", sms(), "tk_here", environ_overrides={"REMOTE_ADDR": address})

    assert answer.status_code == status
    if status == 403:
        assert answer.json == {"message": "Request IP is not in the API key whitelist"}


@pytest.mark.parametrize(
    ("trusts", "forwarded", "status"),
    [
        (False, "203.0.113.10", 403),
        (True, "203.0.113.10", 202),
        (True, "203.0.113.10, 10.0.0.1", 202),
        (True, "10.0.0.1, 203.0.113.10", 403),
        (True, "nonsense", 403),
        (True, None, 403),
    ],
)
def test_forwarded_addresses_count_only_where_they_are_trusted(desk, trusts, forwarded, status):
    desk.set(teekrr={"trust_forwarded_for": trusts})
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    assert desk.post("/sms", sms(), "tk_ip", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/whatsapp", "send_whatsapp"),
        ("/whatsapp/test", "send_whatsapp"),
        ("/whatsapp/upload-header-image", "send_whatsapp"),
        ("/email", "send_email"),
    ],
)
def test_a_key_without_the_scope_is_refused_before_its_body_is_read(desk, path, scope):
    answer = desk.post(path, {"nonsense": 1}, "tk_sms")

    message = f"API key does not have the required permission: {scope}"
    assert (answer.status_code, answer.json) == (403, {"message": message})


def test_sms_needs_its_scope_as_well(desk):
    desk.load_client(apiKeys=[{"key": "tk_mail", "scopes": ["send_email"]}])

    answer = desk.post("/sms", sms(), "tk_mail")

    assert answer.json == {"message": "API key does not have the required permission: send_sms"}


def test_the_address_is_checked_before_the_scope(desk):
    assert desk.post("/email", email(), "tk_ip").json == {
        "message": "Request IP is not in the API key whitelist"
    }


def test_unknown_keys_can_act_as_the_first_client(desk):
    desk.set(unknown_keys="accept")

    assert desk.post("/sms", sms(), "whatever").status_code == 202
    assert desk.records()[0].account == "acme"
    assert desk.post("/sms", sms(), "two words").status_code == 401
    assert desk.post("/sms", sms(), "caf\xe9").status_code == 401
    assert desk.post("/sms", sms(), "tk_revoked").status_code == 401


def test_a_request_without_a_known_key_is_refused_where_there_is_no_client():
    world = World([PROVIDER])

    answer = world.call("POST", "/teekrr/sms", sms(), headers={"Authorization": "Bearer tk_all"})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("path", "limit"), [("/sms", 10), ("/whatsapp", 10), ("/email", 10), ("/whatsapp/test", 5)]
)
def test_each_endpoint_has_its_own_limit(path, limit):
    desk = Desk(has_limits=True)
    body = {"/sms": sms(), "/whatsapp": whatsapp(), "/email": email(), "/whatsapp/test": TEST_SEND}

    served = [desk.post(path, body[path]) for _ in range(limit)]
    refused = desk.post(path, body[path])

    assert all(answer.status_code in (200, 202) for answer in served)
    assert refused.status_code == 429
    assert refused.json == {"message": "Too many requests, please try again later"}
    assert refused.headers["Retry-After"] == "900"
    others = {**body}
    del others[path]
    assert all(desk.post(other, others[other]).status_code < 300 for other in others)


def test_the_keys_of_a_client_share_its_limit_and_clients_do_not():
    desk = Desk(has_limits=True)
    for key in ("tk_all", "tk_all_2") * 5:
        assert desk.post("/sms", sms(), key).status_code == 202

    assert desk.post("/sms", sms(), "tk_sms").status_code == 429
    assert desk.post("/sms", sms(), "tk_post").status_code == 202


def test_refused_bodies_count_and_refused_keys_do_not():
    desk = Desk(has_limits=True)
    for _ in range(20):
        desk.post("/sms", sms(), "tk_revoked")
        desk.post("/sms", sms(), "tk_ip")

    bad = [desk.post("/sms", {}).status_code for _ in range(10)]

    assert bad == [400] * 10
    assert desk.post("/sms", sms()).status_code == 429


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [
        ("tk_unknown", {}, 401),
        ("tk_revoked", {}, 401),
        ("tk_ip", {}, 403),
        ("tk_mail", {}, 403),
        ("tk_all", {}, 429),
        ("tk_all", {"campaignName": 1}, 429),
        ("tk_post", {}, 400),
    ],
)
def test_the_limit_comes_between_the_key_and_the_body(key, body, status):
    desk = Desk(has_limits=True)
    desk.load_client(apiKeys=[{"key": "tk_mail", "scopes": ["send_email"]}])
    for _ in range(10):
        desk.post("/sms", {})

    assert desk.post("/sms", body, key).status_code == status


def test_unparseable_bodies_count_too():
    desk = Desk(has_limits=True)
    for _ in range(10):
        desk.post("/sms", data=b"{", content_type="application/json")

    answer = desk.post("/sms", data=b"{", content_type="application/json")

    assert answer.status_code == 429


@pytest.mark.parametrize("path", ["/broadcasts/validate", "/whatsapp/upload-header-image"])
def test_two_endpoints_have_no_limit(path):
    desk = Desk(has_limits=True)

    assert {desk.post(path, {}).status_code for _ in range(30)} == {400}


def test_a_window_ends_fifteen_minutes_after_its_first_request():
    desk = Desk(has_limits=True)
    desk.post("/sms", sms())
    desk.advance(60.5)
    for _ in range(9):
        desk.post("/sms", sms())

    assert desk.post("/sms", sms()).headers["Retry-After"] == "840"
    desk.advance(839.4)
    assert desk.post("/sms", sms()).headers["Retry-After"] == "1"
    desk.advance(0.1)
    assert desk.post("/sms", sms()).status_code == 202


def test_nothing_is_stored_and_no_credit_is_taken_over_the_limit():
    desk = Desk(has_limits=True)
    for _ in range(10):
        desk.post("/sms", sms())
    before = desk.stored()

    assert desk.post("/sms", sms()).status_code == 429
    assert desk.stored() == before


def test_limits_can_be_set_by_path():
    desk = Desk()
    desk.set(rate_limits={"teekrr": {"window": "10s", "limits": {"/broadcasts/validate": 1}}})
    body = {"channel": "sms", "recipients": ["60123456789"]}

    assert desk.post("/broadcasts/validate", body).status_code == 200
    assert desk.post("/broadcasts/validate", body).headers["Retry-After"] == "10"
    assert desk.post("/sms", sms()).status_code == 202


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/sms"),
        ("HEAD", "/sms"),
        ("OPTIONS", "/sms"),
        ("PUT", "/sms"),
        ("DELETE", "/whatsapp/test"),
        ("OPTIONS", "/broadcasts/validate"),
        ("POST", "/sms/"),
        ("POST", "/v1/sms"),
        ("POST", "/"),
        ("GET", "/broadcasts"),
        ("GET", "/broadcasts/1b9c2f44-8f53-4f6b-9d0e-6a5f0c7d2e31"),
        ("GET", "/messages"),
        ("GET", "/credit"),
        ("POST", "/webhooks"),
        ("POST", "//sms"),
        ("GET", "/_media/unknown"),
        ("OPTIONS", "/_media/unknown"),
        ("POST", "/_media/unknown"),
    ],
)
def test_what_the_vendor_does_not_have_is_not_found(desk, method, path):
    answer = desk.world.call(method, f"/teekrr{path}", headers={"Authorization": "Bearer tk_all"})

    assert answer.status_code == 404
    if method != "HEAD":
        assert answer.json == {"message": "Not found"}
    assert answer.content_type == "application/json; charset=utf-8"


CONTROL = "the control API has it under /_emulator/sandboxes/default"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/sms", "/sms takes POST alone, not GET"),
        ("PUT", "/broadcasts/validate", "/broadcasts/validate takes POST alone, not PUT"),
        ("GET", "/broadcasts", f"{CONTROL}/broadcasts"),
        ("GET", "/broadcasts/1b9c2f44-8f53-4f6b-9d0e-6a5f0c7d2e31", f"{CONTROL}/broadcasts"),
        ("DELETE", "/messages/1", f"{CONTROL}/messages"),
        ("GET", "/credit", f"{CONTROL}/accounts/teekrr/<client>"),
        ("GET", "/templates", f"{CONTROL}/accounts/teekrr/<client>"),
        ("POST", "/webhooks", f"{CONTROL}/endpoints"),
        ("GET", "/Messages", f"{CONTROL}/messages"),
        ("POST", "/v1/sms", "nearest: POST /sms"),
    ],
)
def test_a_developer_is_told_where_to_look(desk, method, path, expected):
    answer = desk.world.call(method, f"/teekrr{path}")

    assert expected in answer.headers["X-Emulator-Hint"]
    assert "X-Emulator-Evidence" not in answer.headers


def test_an_unknown_sandbox_is_not_found(desk):
    answer = desk.world.call("POST", "/s/nowhere/teekrr/sms", sms())

    assert (answer.status_code, answer.json) == (404, {"message": "Not found"})


@pytest.mark.parametrize("host", ["api.teekrr.com", "staging-api.teekrr.com", "teekrr.localhost"])
def test_the_vendors_hosts_reach_it_without_a_prefix(desk, host):
    answer = desk.world.call(
        "POST", "/sms", sms(), headers={"Authorization": "Bearer tk_all", "Host": host}
    )

    assert answer.status_code == 202


def test_a_body_beyond_32_mib_is_too_large(desk):
    answer = desk.post("/sms", None, data=b" " * (32 * 1024 * 1024 + 1))

    assert (answer.status_code, answer.json) == (413, {"message": "Request body too large"})


def test_the_reference_part_is_the_specified_one():
    clients = reference()["teekrr"]["clients"]

    assert [client["id"] for client in clients] == ["acme", "postco", "nosub"]
    assert [len(client["apiKeys"]) for client in clients] == [6, 1, 1]
