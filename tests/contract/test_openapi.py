"""The OpenAPI documents are valid, complete, and kept to by what they describe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from emulator.control.reference import CALLS
from emulator.registry import PROVIDERS
from tests.contract.conftest import REFERENCE, SPEAKERS
from tests.world import World

CONTROL = "/_emulator/openapi.json"
SLUGS = [provider.slug for provider in PROVIDERS]
HEADERS = {speaker.slug: speaker.headers for speaker in SPEAKERS}
S = "/_emulator/sandboxes/{name}"
# These wait: for events, for requests, or as the tester has told the sink.
SLOW = {f"{S}/events", f"{S}/requests/wait", f"{S}/sink/{{path}}"}
EXAMPLES = 6


def document(world: World, path: str) -> Any:
    answer = world.call("GET", path)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def of_provider(slug: str) -> str:
    return f"/_emulator/openapi/{slug}.json"


def operations(found: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield method, path, operation


@pytest.mark.parametrize("path", [CONTROL, *map(of_provider, SLUGS)])
def test_document_is_valid(world: World, path: str) -> None:
    found = document(world, path)

    validate(found)
    assert found["openapi"] == "3.1.0"
    assert all(operation["summary"] for _, _, operation in operations(found))


@pytest.mark.parametrize("slug", SLUGS)
def test_every_operation_says_how_it_is_known(world: World, slug: str) -> None:
    found = list(operations(document(world, of_provider(slug))))
    providers = world.call("GET", "/_emulator/providers").get_json()["items"]
    [listed] = [provider for provider in providers if provider["slug"] == slug]

    told = {
        (method.upper(), path, each["id"], each["evidence"])
        for method, path, operation in found
        for each in operation["x-emulator-operations"]
    }
    assert told == {(o["method"], o["path"], o["id"], o["evidence"]) for o in listed["operations"]}
    levels = {operation["x-emulator-evidence"] for _, _, operation in found}
    assert levels <= {"documented", "observed", "assumed"}


def test_operations_that_share_a_path_are_one(world: World) -> None:
    found = document(world, of_provider("rapidpro"))["paths"]["/api/v2/contacts.json"]["post"]

    assert [each["id"] for each in found["x-emulator-operations"]] == [
        "contacts.create",
        "contacts.update",
    ]
    assert {"200", "201", "400", "403", "404", "429"} <= set(found["responses"])


def resolved(found: Any, schema: Any) -> dict[str, Any]:
    """Return the fields of an object, or of several that may stand at one place."""
    if "$ref" in schema:
        schema = found["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    fields = dict(schema.get("properties", {}))
    for each in schema.get("anyOf", ()):
        fields |= resolved(found, each)
    return fields


def test_rapidpro_reads_the_fields_that_its_document_names() -> None:
    """Every field complains of what it does not take, and no other field does."""
    world = World(PROVIDERS, [REFERENCE])
    found = document(world, of_provider("rapidpro"))
    compared = 0
    for method, path, operation in operations(found):
        content = operation.get("requestBody", {}).get("content", {})
        named = resolved(found, content.get("application/json", {}).get("schema", {}))
        if not named:
            continue
        body = dict.fromkeys(named, True)
        answer = world.call(method.upper(), f"/rapidpro{path}", body, headers=HEADERS["rapidpro"])
        flags = {name for name, schema in named.items() if schema == {"type": "boolean"}}
        assert answer.status_code == 400, path
        assert set(answer.get_json()) == set(named) - flags, path
        compared += 1
    assert compared == 16


TO = {"identifier": "447592850122"}
TEMPLATE = {"name": "plain_notice", "locale": "en"}
SMS = {"campaignName": "May", "type": "quick broadcast", "templateContent": "Hello"}
AMINA = "tel:+254722000111"
ASKED: dict[str, list[tuple[str, Any]]] = {
    "teekrr": [
        ("/sms", {**SMS, "recipients": ["60123456789"]}),
        ("/broadcasts/validate", {"channel": "sms", "recipients": ["60123456789", "x", ""]}),
    ],
    "cuedesk": [
        ("/v2/broadcasts", {"from": "447576209857", "template": TEMPLATE, "payload": [TO, TO]}),
        (
            "/v2/messages/whatsapp",
            {"from": "447576209857", "to": "447592850122", "template": TEMPLATE},
        ),
        ("/v1/contacts", None),
    ],
    "rapidpro": [
        ("/api/v2/broadcasts.json", {"urns": [AMINA], "text": "Hi"}),
        ("/api/v2/contacts.json", {"name": "New", "urns": ["tel:+254722000999"]}),
        *((f"/api/v2/{name}.json", {"name": "New"}) for name in ("groups", "labels", "topics")),
        ("/api/v2/globals.json", {"name": "New", "value": "1"}),
        ("/api/v2/fields.json", {"name": "New", "type": "text"}),
        *(
            (f"/api/v2/{name}.json", None)
            for name in (
                *("broadcasts", "campaigns", "contacts", "fields", "flows"),
                *("globals", "groups", "labels", "messages", "topics"),
            )
        ),
    ],
}


@pytest.mark.parametrize("slug", ASKED)
def test_answers_hold_what_their_document_says(slug: str) -> None:
    world = World(PROVIDERS, [REFERENCE])
    found = document(world, of_provider(slug))
    for path, body in ASKED[slug]:
        method = "get" if body is None else "post"

        answer = world.call(method.upper(), f"/{slug}{path}", body, headers=HEADERS[slug])

        told = found["paths"][path][method]["responses"][str(answer.status_code)]
        [schema] = [content["schema"] for content in told["content"].values()]
        assert answer.get_json().get("results") != [], path
        assert resolved(found, schema), path
        Draft202012Validator({**schema, **found}).validate(answer.get_json())


FIRST: dict[str, Any] = {"name": "B", "channel_type": "whatsapp", "template_name": "plain_notice"}
FORMS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "teekrr": [
        ("/sms", {**SMS, "recipients": ["60123456789"]}),
        (
            "/email",
            {**SMS, "templateName": "welcome_mail", "subject": "S", "recipients": ["a@b.my"]},
        ),
        ("/whatsapp/test", {"templateName": "otp_named", "to": "60123456789"}),
    ],
    "cuedesk": [
        ("/v2/broadcasts", {"from": "447576209857", "template": TEMPLATE, "payload": [TO]}),
        ("/broadcasts", {**FIRST, "from": "447576209857", "recipients": [TO]}),
        (
            "/v2/messages/whatsapp",
            {"from": "447576209857", "to": "447592850122", "template": TEMPLATE},
        ),
    ],
}
OTP = {"templateParams": {"verificationCode": "1", "spare": None}}


@pytest.mark.parametrize("slug", FORMS)
def test_documents_let_null_leave_out_what_may_be_left_out(slug: str) -> None:
    world = World(PROVIDERS, [REFERENCE])
    found = document(world, of_provider(slug))
    for path, body in FORMS[slug]:
        [form] = found["paths"][path]["post"]["requestBody"]["content"].values()
        named = resolved(found, form["schema"])
        nulls: dict[str, Any] = dict.fromkeys(named)
        if "variables" in nulls:
            nulls["variables"] = {**dict.fromkeys(resolved(found, named["variables"])), **OTP}

        answer = world.call("POST", f"/{slug}{path}", {**nulls, **body}, headers=HEADERS[slug])

        assert answer.status_code in (200, 202), answer.text
        assert len(nulls) > len(body), path
        Draft202012Validator({**form["schema"], **found}).validate({**nulls, **body})


SENDER = {"from": "447576209857", "template": TEMPLATE}
BILL = {**SMS, "templateName": "bill_due"}
PARTS = {"body": ["a", "b"]}
IMAGE = {"headerImage": "https://media.example/a.png"}
PHONE = "60123456789"
ROWS: list[tuple[str, str, Any, str, Any, bool]] = [
    *(
        ("teekrr", "/sms", SMS, "recipientVariables", row, is_right)
        for row, is_right in (
            ({"recipient": PHONE, "variables": {"name": "A", "code": None}}, True),
            ({"recipient": PHONE, "variables": {"name": 1}}, False),
            ({"recipient": PHONE, "variables": []}, False),
            ({"to": PHONE, "variables": None, "name": "A", "email": None}, True),
            ({"to": PHONE, "name": True}, False),
            ({"phone": 60123456789}, False),
            (PHONE, False),
        )
    ),
    *(
        ("teekrr", "/whatsapp", BILL, "recipientVariables", row, is_right)
        for row, is_right in (
            ({"recipient": PHONE, "variables": {**PARTS, "header": None, "other": 1}}, True),
            ({"recipient": PHONE, "variables": {**PARTS, **IMAGE}}, True),
            ({"recipient": PHONE, "variables": {**PARTS, "headerImage": 1}}, False),
            ({"recipient": PHONE, "variables": {"body": ["a", 1]}}, False),
            ({"phoneNumber": PHONE, **PARTS, "templateParams": {"other": None}}, True),
            ({"phoneNumber": PHONE, **PARTS, "templateParams": {"other": 1}}, False),
        )
    ),
    *(
        ("cuedesk", "/v2/broadcasts", SENDER, "payload", row, is_right)
        for row, is_right in (
            ({**TO, "client_reference": "r", "name": "A", "age": 3, "old": False, "x": None}, True),
            ({"identifier": 447592850122, "client_reference": 5}, True),
            ({**TO, "client_reference": "r" * 256}, False),
            ({**TO, "name": ["A"]}, False),
            ({"identifier": ""}, False),
            ({"name": "A"}, False),
            ("447592850122", False),
        )
    ),
    *(
        ("cuedesk", "/broadcasts", {**FIRST, **SENDER}, "recipients", row, is_right)
        for row, is_right in (
            ({**TO, "parameters": {"header": {"value": None}, "body": {"a": 1}}}, True),
            ({**TO, "parameters": None, "other": ["x"]}, True),
            ({**TO, "parameters": {"header": None, "body": None, "button": None}}, True),
            ({**TO, "parameters": {"header": "x"}}, False),
            ({**TO, "parameters": {"button": {"a": []}}}, False),
            ({**TO, "client_reference": []}, False),
        )
    ),
]


@pytest.mark.parametrize("slug", ["teekrr", "cuedesk"])
def test_rows_are_taken_as_the_documents_describe_them(slug: str) -> None:
    world = World(PROVIDERS, [REFERENCE])
    found = document(world, of_provider(slug))
    rows = [rest for provider, *rest in ROWS if provider == slug]
    for path, rest, name, row, is_right in rows:
        [form] = found["paths"][path]["post"]["requestBody"]["content"].values()
        described = resolved(found, form["schema"])[name]

        answer = world.call("POST", f"/{slug}{path}", {**rest, name: [row]}, headers=HEADERS[slug])

        assert (answer.status_code == 202) == is_right, (path, row, answer.text)
        assert Draft202012Validator(described).is_valid([row]) == is_right, (path, row)


def asked_for(found: Any) -> dict[str, list[str]]:
    """Return the parameters of queries, by the paths of what is read."""
    return {
        path: [each["name"] for each in operation["parameters"] if each["in"] == "query"]
        for method, path, operation in operations(found)
        if method == "get" and "parameters" in operation
    }


def test_cuedesk_reads_the_parameters_that_its_document_names() -> None:
    world = World(PROVIDERS, [REFERENCE])
    [(path, names)] = asked_for(document(world, of_provider("cuedesk"))).items()
    answer = world.call(
        "GET",
        f"/cuedesk{path}",
        query_string=dict.fromkeys(names, "?"),
        headers=HEADERS["cuedesk"],
    )

    errors = answer.get_json()["error"]["details"]["errors"]
    assert path == "/v1/contacts"
    # Any text may be the id of a list.
    assert [error["field"] for error in errors] == [n for n in names if n != "contact_list_uuid"]


def test_whautomate_reads_the_parameters_that_its_document_names() -> None:
    world = World(PROVIDERS, [REFERENCE])
    lists = asked_for(document(world, of_provider("whautomate")))
    slots = lists.pop("/v1/appointments/slots")
    ids = {"/v1/contacts": "conAda0001", "/v1/clients": "cliMia0001", "/v1/locations": "locMain001"}

    def answer(path: str, **query: str) -> Any:
        address = f"/whautomate{path}"
        return world.call("GET", address, query_string=query, headers=HEADERS["whautomate"])

    assert len(lists) == 18
    for path, names in lists.items():
        assert names[:2] == ["limit", "page"], path
        for name in set(names) & {"startDate", "endDate"} if "{" not in path else ():
            assert answer(path, **{name: "?"}).get_json()["field"] == name, path
    for path, id in ids.items():
        assert id in {item["id"] for item in answer(path).get_json()}
        assert len(answer(path, limit="1").get_json()) == 1
        for name in set(lists[path]) - {"limit", "startDate", "endDate"}:
            assert answer(path, **{name: "999"}).get_json() == [], (path, name)
    assert {answer("/v1/appointments/slots", **{n: "?"}).status_code for n in slots} == {200, 400}


def test_files_are_described_as_forms(world: World) -> None:
    found = document(world, of_provider("rapidpro"))
    body = found["paths"]["/api/v2/media.json"]["post"]["requestBody"]["content"]

    assert list(body) == ["application/x-www-form-urlencoded", "multipart/form-data"]
    named = resolved(found, body["multipart/form-data"]["schema"])
    assert named == {"file": {"type": "string", "format": "binary"}}

    found = document(world, of_provider("teekrr"))
    upload = found["paths"]["/whatsapp/upload-header-image"]["post"]["requestBody"]["content"]
    assert list(upload) == ["multipart/form-data"]
    assert resolved(found, upload["multipart/form-data"]["schema"]) == named


def test_errors_are_shown_as_the_vendor_says_them(world: World) -> None:
    found = document(world, of_provider("teekrr"))["paths"]["/sms"]["post"]["responses"]

    example = found["401"]["content"]["application/json"]["examples"]["unauthorized"]
    assert example == {"value": {"message": "Invalid API key"}}


def test_what_only_a_body_can_cause_is_no_error_of_others(world: World) -> None:
    found = document(world, of_provider("whautomate"))["paths"]

    def examples(method: str, path: str) -> set[str]:
        told = found[path][method]["responses"]["400"]["content"]["application/json"]
        return set(told["examples"])

    assert examples("get", "/v1/broadcasts") == {"invalid"}
    assert examples("delete", "/v1/broadcasts/{id}") == {"invalid"}
    assert examples("post", "/v1/broadcasts") == {"invalid", "bad_body", "template_rejected"}


@pytest.mark.parametrize("slug", SLUGS)
def test_every_error_has_a_shape(world: World, slug: str) -> None:
    found = document(world, of_provider(slug))
    for schema in found["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False

    shown = [
        (content["schema"], example["value"])
        for _, _, operation in operations(found)
        for status, told in operation["responses"].items()
        if status >= "400"
        for kind, content in told["content"].items()
        if kind == "application/json"
        for example in content.get("examples", {}).values()
    ]
    assert len(shown) > 4 * len(list(operations(found)))
    for schema, value in {json.dumps(each): each for each in shown}.values():
        Draft202012Validator({**schema, **found}).validate(value)


def test_servers_are_where_the_document_was_asked_for(world: World) -> None:
    base = "http://localhost:4711/behind"
    headers = {"Host": "localhost:4711"}
    answer = world.call("GET", of_provider("teekrr"), base_url=base, headers=headers)
    own = world.call("GET", CONTROL, base_url=base, headers=headers)

    first, second = answer.get_json()["servers"]
    assert first == {"url": f"{base}/teekrr"}
    assert second["url"] == f"{base}/s/{{sandbox}}/teekrr"
    assert own.get_json()["servers"] == [{"url": base}]


def test_document_of_nobody_is_not_found(world: World) -> None:
    assert world.call("GET", of_provider("twilio")).status_code == 404


def test_every_control_call_is_described(world: World) -> None:
    control: Any = world.front._control
    served = {rule.endpoint.partition(".")[2] for rule in control.url_map.iter_rules()}
    console = {name for name in served if name.startswith("console.")}

    assert served - console == set(CALLS)


def test_control_calls_say_what_they_take_and_how_they_answer(world: World) -> None:
    told = {(method, path): call for method, path, call in operations(document(world, CONTROL))}

    create, look = told["post", "/_emulator/sandboxes"], told["get", f"{S}/clock"]
    assert create["operationId"] == "sandboxes.create_sandbox"
    assert create["description"].startswith("Errors: 409 the name is taken;")
    body = create["requestBody"]["content"]["application/json"]["schema"]
    assert {"name", "fixture", "from", "seed", "clock", "settings", "ttl"} <= set(
        body.get("properties", ())
    )
    assert list(create["responses"]) == [
        "201",
        "400",
        "401",
        "403",
        "409",
        "413",
        "415",
        "421",
        "422",
    ]
    assert list(look["responses"]) == ["200", "401", "403", "404", "421", "422"]
    assert "requestBody" not in look
    assert list(create["responses"]["201"]["content"]) == ["application/json"]
    assert list(create["responses"]["409"]["content"]) == ["application/problem+json"]
    assert "requestBody" not in told["get", f"{S}/sink/{{path}}"]
    assert told["get", f"{S}/sink/{{path}}"]["operationId"] == "sink.receive.get"


def described(part: str) -> list[tuple[str, str, list[str]]]:
    """Return the control calls that take something, with what they are said to take."""
    found = document(World(PROVIDERS), CONTROL)
    calls = []
    for method, path, operation in operations(found):
        if part == "query":
            names = [parameter["name"] for parameter in operation["parameters"]]
        else:
            body = operation.get("requestBody", {"content": {"application/json": {"schema": {}}}})
            names = list(body["content"]["application/json"]["schema"].get("properties", ()))
        if names and path not in SLOW:
            calls.append((method, path, names))
    return calls


def unknown(world: World, method: str, path: str, **options: Any) -> list[str]:
    """Return the fields of a call that the server does not know."""
    concrete = path.replace("{name}", "default").replace("{id}", "nobody")
    errors = world.call(method.upper(), concrete, **options).get_json().get("errors", ())
    return [error["pointer"] for error in errors if error["message"].startswith("Unknown field")]


@pytest.mark.parametrize(("method", "path", "names"), described("query"))
def test_described_parameters_are_read(
    world: World, method: str, path: str, names: list[str]
) -> None:
    query = {**dict.fromkeys(names, "?"), "zzz": "?"}

    assert unknown(world, method, path, query_string=query) == ["/zzz"]


# Of what is not there, nothing is said but that.
@pytest.mark.parametrize(
    ("method", "path", "names"), [call for call in described("body") if "{id}" not in call[1]]
)
def test_described_fields_are_read(world: World, method: str, path: str, names: list[str]) -> None:
    body = {**dict.fromkeys(names), "zzz": None}

    assert unknown(world, method, path, body=body) == ["/zzz"]


def loaded(path: str) -> list[Any]:
    schema: Any = schemathesis.openapi.from_dict(document(World(PROVIDERS), path))
    found = [result.ok() for result in schema.get_all_operations()]
    return [operation for operation in found if operation.path not in SLOW]


def keeps_its_word(
    world: World, base: str, headers: dict[str, str], operation: Any, found: Any
) -> None:
    """Ask an operation with bodies and parameters of all sorts, right ones and wrong ones.

    :param found: the document that describes it.
    """
    declared = operation.definition.raw["responses"]
    shapes = {
        status: Draft202012Validator({**content["application/json"]["schema"], **found})
        for status, told in declared.items()
        if "schema" in (content := told.get("content", {})).get("application/json", {})
    }

    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        if "name" in case.path_parameters:
            case.path_parameters["name"] = "default"
        answer = send(world, base, headers, case)
        assert answer.status_code < 500, answer.text
        status = str(answer.status_code)
        assert status in declared, (
            f"{status} is not described; answers={{…}} of @operation, Provider.refusals or a line "
            f"'Errors: {status} …' in the view's docstring would: {answer.text[:200]}"
        )
        if answer.is_json and status in shapes:
            shapes[status].validate(answer.get_json())

    ask()


def send(world: World, base: str, headers: dict[str, str], case: Any) -> Any:
    given_ = case.as_transport_kwargs(base_url=base)
    address = urlsplit(given_["url"])
    options = {name: given_[name] for name in ("json", "data") if given_.get(name) is not None}
    sent = {**(given_.get("headers") or {}), **headers}
    return world.client.open(
        path=address.path,
        method=given_["method"],
        query_string=given_.get("params"),
        headers={name: value for name, value in sent.items() if name.lower() != "content-length"},
        **options,
    )


@pytest.mark.parametrize("operation", loaded(CONTROL), ids=lambda o: f"{o.method} {o.path}")
def test_control_api_keeps_to_its_document(world: World, operation: Any) -> None:
    keeps_its_word(world, "http://localhost", {}, operation, document(world, CONTROL))


@pytest.mark.parametrize("slug", HEADERS)
def test_vendor_keeps_to_its_document(slug: str) -> None:
    world = World(PROVIDERS, [{**REFERENCE, "settings": {"rate_limits": {slug: False}}}])
    found = document(world, of_provider(slug))
    for operation in loaded(of_provider(slug)):
        keeps_its_word(world, f"http://localhost/{slug}", HEADERS[slug], operation, found)


def test_documents_can_be_read_as_json_and_nothing_else(world: World) -> None:
    answer = world.call("GET", CONTROL)

    assert answer.content_type == "application/json"
    assert json.loads(answer.data) == answer.get_json()
