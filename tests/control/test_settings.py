"""Settings over HTTP."""


def test_settings_are_merged_and_shown(desk):
    before = desk.get("/settings")

    after = desk.do("PATCH", "/settings", {"default_outcome": {"acme": "read"}})

    assert after == {**before, "default_outcome": {"acme": "read", "zenith": "delivered"}}
    assert desk.get("/settings") == after


def test_with_a_mistake_nothing_is_taken_over(desk):
    before = desk.get("/settings")

    errors = desk.refused("PATCH", "/settings", {"latency": "instant", "magic_number": False})

    assert errors == [
        {"pointer": "/magic_number", "message": "Unknown field", "suggestion": "magic_numbers"}
    ]
    assert desk.get("/settings") == before


def test_settings_are_of_one_sandbox(desk):
    desk.world.call("POST", "/_emulator/sandboxes", {"name": "fork", "from": "default"})

    desk.do("PATCH", "/settings", {"latency": "instant"})

    other = desk.world.call("GET", "/_emulator/sandboxes/fork/settings").json
    assert other["latency"] == "fast"


def test_settings_take_effect_at_once(desk):
    desk.do("PATCH", "/settings", {"latency": "instant"})

    message = desk.send("+1")

    assert desk.get(f"/messages/{message}")["status"] == "delivered"
    assert desk.get("/clock")["pending"] == 0
