"""The OpenAPI 3.1 description at /api/openapi.json. Public: it describes, it holds no data.

APIFlask collects paths and models; here every operation gets what all have in common: problems and headers.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from apiflask import APIFlask

from bridge.web.api import once
from bridge.web.api.schemas.common import BIG

ABOUT = """\
Issues that customers report, ranked by the value of the customers they hurt, and what may be told about them.

Send a token (`Authorization: Bearer brg_...`), or a browser's session cookie with the header `X-CSRFToken` on writes.
What your role may not see is not in an answer. Errors are problems as in RFC 9457. Lists come in pages: send `next` as
`cursor` until it is null. A write with an `Idempotency-Key` has one effect, however often it is sent.
"""
TAGS = {
    "Issues": "Read them",
    "Decisions": "Publish, merge, split, move, and take back",
    "Grouping": "How tickets become issues, and what people are asked about it",
    "Review": "Say where tickets belong of which the model is not sure",
    "Remedies": "What is done about an issue and may be said of it",
    "Agent": "What may be told to a customer",
    "Accounts": "Who is hurt, by value",
    "Operations": "Connections, what is on its way out, and what was set aside",
    "Alerts and notifications": "What people are told of, and what they want to hear",
    "People and tokens": "Who may do what",
    "Audit": "What was decided, and erasing",
}
ID = {"type": "integer", "minimum": 1, "maximum": BIG}
PARAMETERS: dict[str, tuple[dict[str, Any], str]] = {
    "issue": ({"type": "string", "pattern": "^(IB-)?[0-9]{1,9}$"}, "The issue: IB-12 or 12"),
    "connection": ({"type": "string", "minLength": 1, "maxLength": 80}, "A section of config.toml: its name"),
    "ticket": ({"type": "string", "minLength": 1, "maxLength": 200}, "The ticket's number in its desk"),
    "name": ({"type": "string", "minLength": 1, "maxLength": 80}, "The user's name"),
}
PROBLEMS = {
    400: "The request cannot be read",
    401: "No token, a wrong one, or nobody signed in",
    403: "Not for this role, or not for this token",
    404: "There is no such thing, or it is none of yours to see",
    405: "No such method here",
    409: "The request is right, but not as things stand",
    413: "The body is larger than 5 MB",
    415: "The body is no JSON",
    422: "A field or parameter is wrong: see `errors`; or the Idempotency-Key belongs to another request",
    429: "Too many tries",
    503: "The database does not answer: nothing was changed",
}
OF_WRITES = (413, 415)
ASKED_BY_NAME = ("/ranking", "/scoring/effect")
"""Reads whose query names a ranking or a version, which may not be there."""


def install(app: APIFlask) -> None:
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        AUTO_200_RESPONSE=False,
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
        AUTO_SERVERS=False,
        AUTO_OPERATION_ID=True,
        SECURITY_SCHEMES={
            "token": {"type": "http", "scheme": "bearer", "bearerFormat": "brg_..."},
            "session": {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]},
        },
    )
    app.description, app.servers = ABOUT, [{"url": "/"}]
    app.tags = [{"name": name, "description": text} for name, text in TAGS.items()]
    app.spec_processor(completed)


def completed(spec: dict[str, Any] | str) -> dict[str, Any] | str:
    """What APIFlask collected, with what it leaves out."""
    assert isinstance(spec, dict), "JSON is asked for"
    components: dict[str, Any] = spec.setdefault("components", {})
    components["responses"] = {f"Problem{code}": _problem(text) for code, text in PROBLEMS.items()}
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            _complete(operation, path, method, components)
    flat: dict[str, Any] = _flat(spec)
    flat["components"]["schemas"]["Problem"] = PROBLEM
    return flat


def _complete(operation: dict[str, Any], path: str, method: str, components: dict[str, Any]) -> None:
    operation["operationId"] = operation["operationId"].partition("_api_")[2]
    is_write = method != "get"
    for parameter in operation["parameters"]:
        _describe(parameter)
    if is_write:
        operation["parameters"].append(KEY)
    if body := operation.get("requestBody"):
        name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        body["required"] = bool(components["schemas"][name].get("required"))
    may_miss = is_write or "{" in path or path.endswith(ASKED_BY_NAME)
    for code in PROBLEMS:
        if (is_write or code not in OF_WRITES) and (code != HTTPStatus.NOT_FOUND or may_miss):
            operation["responses"][str(code)] = {"$ref": f"#/components/responses/Problem{code}"}
    if is_write:
        done = next(answer for code, answer in operation["responses"].items() if code.startswith("2"))
        done["headers"] = {once.REPLAYED: REPLAYED}


def _describe(parameter: dict[str, Any]) -> None:
    if parameter["in"] == "path":
        schema, text = PARAMETERS.get(parameter["name"], (ID, "The row's id"))
        parameter["schema"], parameter["description"] = schema, text
        return
    schema = parameter["schema"]
    parameter["description"] = schema.pop("description", "")
    schema.pop("title", None)
    if not schema.get("default", True) and schema["default"] is not False:
        del schema["default"]
    if found := [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]:
        del schema["anyOf"]
        schema.update(found[0])


def _flat(value: Any) -> Any:
    """A model that is part of another is named like any other: Page.Row is Row."""
    if isinstance(value, list):
        return [_flat(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {_flat_name(key): _flat_ref(item) if key == "$ref" else _flat(item) for key, item in value.items()}


_NESTED = re.compile(r"^[A-Z]\w*\.([A-Z]\w*)$")


def _flat_name(key: str) -> str:
    found = _NESTED.match(key)
    return found[1] if found else key


def _flat_ref(ref: str) -> str:
    head, _, name = ref.rpartition("/")
    return f"{head}/{_flat_name(name)}"


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {"application/problem+json": {"schema": schema}}}


PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was wrong, where, and what to do"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "additionalProperties": False,
                "properties": {
                    "pointer": {"type": "string", "description": "Where in the body (RFC 6901)"},
                    "parameter": {"type": "string", "description": "The name of a query parameter"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
KEY = {
    "name": once.HEADER,
    "in": "header",
    "required": False,
    "description": "Makes the write happen once, however often it is sent. Kept for 24 hours.",
    "schema": {"type": "string", "pattern": f"^{once.KEY.pattern}$", "maxLength": 255},
}
REPLAYED = {
    "description": "`true` where this answer was given before and nothing was done now",
    "schema": {"type": "string", "const": "true"},
}
