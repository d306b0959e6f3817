"""A vendor's emulated API as an OpenAPI 3.1 document, made from its operations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Response, request

from emulator.core.errors import BadBody, TooLarge
from emulator.core.journal import Exchange
from emulator.core.sandbox import Sandbox

from . import context
from .operations import Operation, weakest
from .provider_app import ProviderApp, Served
from .routing import PARAMETER, template_of

if TYPE_CHECKING:
    from apispec import APISpec

VERSION = "3.1.0"
Answers = Mapping[Any, dict[str, Any]]
"""What answers hold, and where the document says so."""
ANY_BODY: Mapping[str, Any] = {"schema": {}}
FILE: Mapping[str, Any] = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
_STATUS = re.compile(r"\b([45]\d\d)\b")
_MARKUP = re.compile(r":\w+:`~?([^`]+)`")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def parameters_of(path: str) -> list[dict[str, Any]]:
    """Return the parameters in a route."""
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer" if converter == "int" else "string"},
        }
        for converter, name in PARAMETER.findall(path)
    ]


def wording(view: Callable[..., Any]) -> tuple[str, str]:
    """Return summary and description of a view: the first line of its docstring, and the rest."""
    first, _, rest = (view.__doc__ or "").strip().partition("\n")
    told = "\n".join(line.strip() for line in rest.strip().splitlines())
    return _MARKUP.sub(r"\1", first), _MARKUP.sub(r"\1", told)


def statuses_in(text: str) -> list[int]:
    """Return the statuses of errors that a docstring speaks of."""
    return [int(status) for status in _STATUS.findall(text)]


def phrase(status: int) -> str:
    """Return what a status is called."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def document(
    app: ProviderApp, sandbox: Sandbox, servers: Sequence[Mapping[str, Any]], version: str
) -> Any:
    """Return the document of one provider.

    :param sandbox: any; errors are said as they would be there.
    :param servers: where the API is reached, as OpenAPI says it.
    """
    # Only who asks for such a document has to wait for what it is made with.
    from apispec import APISpec
    from apispec.ext.marshmallow import MarshmallowPlugin

    provider = app.provider
    marshmallow = MarshmallowPlugin(schema_name_resolver=_name_of)
    spec = APISpec(
        title=f"{provider.vendor.title}, emulated",
        version=version,
        openapi_version=VERSION,
        plugins=[marshmallow],
        info={
            "description": "Every operation says in x-emulator-evidence how what it does is known: "
            "documented, observed or assumed."
        },
        servers=list(servers),
    )
    assert marshmallow.converter is not None
    marshmallow.converter.add_attribute_function(_own_schema)  # type: ignore[no-untyped-call]
    spec.components.security_scheme("key", _security(*provider.vendor.key_header))
    spec.options["security"] = [{"key": []}]
    gives = _described(app, spec)
    ids: Counter[str] = Counter()
    for path, methods in _by_path(app.served()).items():
        operations = {}
        for method, served in methods.items():
            shown = _operation(app, sandbox, method, served, gives)
            operations[method.lower()] = {"operationId": _own_id(ids, served), **shown}
        spec.path(path=path, operations=operations, parameters=parameters_of(_route(methods)))
    return spec.to_dict()


def _security(header: str, form: str) -> dict[str, str]:
    """Return how requests carry a key, as a security scheme."""
    word = form.removesuffix("{key}").strip()
    if (header, word) == ("Authorization", "Bearer"):
        return {"type": "http", "scheme": "bearer"}
    scheme = {"type": "apiKey", "in": "header", "name": header}
    return {**scheme, "description": f'The word "{word}", a blank and the key.'} if word else scheme


def _name_of(schema: Any) -> str:
    """Return the name of a schema's component; changes need not have all that is required."""
    from marshmallow import Schema

    kind = schema if isinstance(schema, type) else type(schema)
    is_partial = isinstance(schema, Schema) and schema.partial
    return f"{kind.__name__}OfChanges" if is_partial else str(kind.__name__)


def _own_schema(_converter: Any, field: Any, *, ret: dict[str, Any], **_more: Any) -> Any:
    """Return what a field of a vendor's own kind says about itself, null included."""
    describe = getattr(field, "json_schema", None)
    schema: dict[str, Any] = dict(ret) if describe is None else describe()
    if describe is not None:
        ret.pop("type", None)
    if schema and (_can_be_null(field) or (describe is not None and field.allow_none)):
        ret.clear()
        return {"anyOf": [schema, {"type": "null"}]}
    return schema


def _can_be_null(field: Any) -> bool:
    """Return if null is a way of leaving a field out."""
    from .forms import NullIsAbsent

    form = field.parent
    return isinstance(form, NullIsAbsent) and bool(form.partial or not field.required)


def _described(app: ProviderApp, spec: APISpec) -> Answers:
    """Put what answers hold into the document; return how it is referred to."""
    given = dict.fromkeys(served.operation.gives for served in app.served())
    types = [each for each in given if each not in (None, bytes)]
    complaints = app.provider.complaints()
    types += complaints
    place = "#/components/schemas/{name}"
    found, components = msgspec.json.schema_components(types, ref_template=place)
    for name, component in components.items():
        spec.components.schema(name, component=component)
    gives = dict(zip(types, found, strict=True))
    return {**gives, AnyError: _any_of(spec, [gives[each] for each in complaints])}


class AnyError:
    """Stands for what errors hold among the answers."""


def _any_of(spec: APISpec, schemas: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what is said of an error that is one of these."""
    if len(schemas) <= 1:
        return {"schema": schemas[0]} if schemas else {}
    spec.components.schema(AnyError.__name__, component={"anyOf": list(schemas)})
    return {"schema": {"$ref": f"#/components/schemas/{AnyError.__name__}"}}


def _route(methods: Mapping[str, Sequence[Served]]) -> str:
    return next(iter(methods.values()))[0].path


def _by_path(served: Iterable[Served]) -> dict[str, dict[str, list[Served]]]:
    """Return the operations by path and method; several may share both."""
    paths: dict[str, dict[str, list[Served]]] = {}
    for each in served:
        for method in each.methods:
            place = paths.setdefault(template_of(each.path), {})
            place.setdefault(method, []).append(each)
    return paths


def _own_id(ids: Counter[str], served: Sequence[Served]) -> str:
    """Return a name that no other operation has: one may be served at several places."""
    id = served[0].operation.id
    ids[id] += 1
    return id if ids[id] == 1 else f"{id}_{ids[id]}"


def _operation(
    app: ProviderApp, sandbox: Sandbox, method: str, served: Sequence[Served], gives: Answers
) -> dict[str, Any]:
    operations = [each.operation for each in served]
    summary, description = wording(served[0].view)
    shown: dict[str, Any] = {
        "tags": [operations[0].id.partition(".")[0] or app.provider.slug],
        "summary": summary or operations[0].id,
        "x-emulator-evidence": weakest([operation.evidence for operation in operations]),
        "x-emulator-operations": [
            {
                "id": operation.id,
                "evidence": operation.evidence,
                "source": operation.source,
                "read_on": operation.read_on,
            }
            for operation in operations
        ],
        "responses": _responses(app, sandbox, method, served, gives),
    }
    asked = dict.fromkeys(name for operation in operations for name in operation.asks)
    if asked:
        shown["parameters"] = [_in_query(name) for name in asked]
    if description:
        shown["description"] = description
    if method in _WITH_BODY:
        shown["requestBody"] = {"content": _content(operations)}
    return shown


def _in_query(name: str) -> dict[str, Any]:
    """Return a parameter of the query: all of them are texts, and none is needed."""
    return {"name": name, "in": "query", "schema": {"type": "string"}}


def _content(operations: Sequence[Operation]) -> dict[str, Any]:
    known = [each for each in operations if each.takes is not None]
    if not known:
        return {"application/json": ANY_BODY, "multipart/form-data": ANY_BODY}
    bodies = list(dict.fromkeys(body for each in known for body in each.forms))
    schema = bodies[0] if len(bodies) == 1 else {"anyOf": bodies}
    return {kind: {"schema": schema} for kind in known[0].media}


def _responses(
    app: ProviderApp, sandbox: Sandbox, method: str, served: Sequence[Served], gives: Answers
) -> dict[str, Any]:
    answer = next((each.operation.gives for each in served if each.operation.gives), None)
    own = [status for each in served for status in each.operation.answers]
    answers = own or app.provider.answers
    responses: dict[str, Any] = {}
    content = _answer_content(answer, gives)
    for status in sorted(set(answers)):
        responses[str(status)] = {"description": phrase(status)}
        if status != HTTPStatus.NO_CONTENT:
            responses[str(status)]["content"] = dict(content)
    if not answers:
        responses["2XX"] = {"description": "Done", "content": dict(content)}
    for each in served:
        for status in statuses_in(each.view.__doc__ or ""):
            told = responses.setdefault(str(status), {"description": phrase(status)})
            if status >= HTTPStatus.BAD_REQUEST and gives[AnyError]:
                told["content"] = {"application/json": dict(gives[AnyError])}
    for name, response in _refusals(app, sandbox, method, served[0]):
        known = responses.setdefault(
            str(response.status_code), {"description": phrase(response.status_code)}
        )
        content = known.setdefault("content", {})
        shape = gives[AnyError] if response.is_json else {}
        kept = content.setdefault(response.mimetype or "text/plain", dict(shape))
        kept.setdefault("examples", {})[name] = {"value": _value_of(response)}
    return dict(sorted(responses.items()))


def _answer_content(answer: Any, gives: Answers) -> Mapping[str, Any]:
    """Return what an answer holds, by its type: a file's own, or JSON."""
    if answer is bytes:
        return FILE
    return {"application/json": ANY_BODY if answer is None else {"schema": gives[answer]}}


def _refusals(
    app: ProviderApp, sandbox: Sandbox, method: str, served: Served
) -> list[tuple[str, Response]]:
    """Return every error that an operation can have, as the vendor says it."""
    errors: dict[str, Callable[[], Exception]] = {
        **app.provider.faults,
        **app.provider.refusals,
    }
    errors["too_large"] = lambda: TooLarge("the body is larger than 32 MiB")
    if method in _WITH_BODY:
        errors["bad_body"] = lambda: BadBody("not JSON")
    else:
        # These arise from what a body asks for.
        for name in app.provider.late_faults:
            del errors[name]
    path = PARAMETER.sub("1", served.path)
    with app.test_request_context(path, method=method), _visiting(app, sandbox, served.operation):
        return [(name, app.provider.error_response(make())) for name, make in errors.items()]


@contextmanager
def _visiting(app: ProviderApp, sandbox: Sandbox, operation: Operation) -> Iterator[None]:
    """Let code that answers requests believe that there is one."""
    visit = context.Visit(0.0, request.environ, sandbox, operation=operation)
    visit.exchange = Exchange(
        id=0,
        at=sandbox.clock.now(),
        provider=app.provider.slug,
        method=request.method,
        path=request.path,
        query=(),
        headers=(),
        operation=operation.id,
    )
    token = context.begin(visit)
    try:
        yield
    finally:
        context.end(token)


def _value_of(response: Response) -> Any:
    return response.get_json() if response.is_json else response.get_data(as_text=True)
