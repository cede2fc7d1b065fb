"""How a request becomes a model. Rule: a body is taken as it is, no type is guessed and no unknown field let through.

Replaces APIFlask's own reading of pydantic models, which takes any content type and turns "1" into 1.
"""

from __future__ import annotations

from typing import Any

from apiflask.schema_adapters import registry
from apiflask.schema_adapters.pydantic import PydanticAdapter
from flask import Request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

JSON = "application/json"


class Invalid(Exception):
    """What is wrong with a request, field by field: (JSON pointer or name of a parameter, what is wrong)."""

    def __init__(self, where: str, errors: list[tuple[str, str]]) -> None:
        super().__init__(where)
        self.where, self.errors = where, errors


class StrictAdapter(PydanticAdapter):
    """Reads bodies strictly as JSON, and query strings by name."""

    def validate_input(self, request: Request, location: str, **_kwargs: Any) -> BaseModel:
        try:
            return self._query(request) if location == "query" else self._body(request)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            if location == "json" and found[0]["type"] == "json_invalid":
                raise BadRequest("the body is no JSON: send an object in UTF-8") from None
            raise Invalid(location, [(_pointer(e["loc"], location), e["msg"]) for e in found]) from None

    def _query(self, request: Request) -> BaseModel:
        lists = {name for name, field in self.model_class.model_fields.items() if "list" in str(field.annotation)}
        args = request.args
        return self.model_class.model_validate(
            {name: args.getlist(name) if name in lists else args[name] for name in args}
        )

    def _body(self, request: Request) -> BaseModel:
        raw = request.get_data()
        if not raw and not any(field.is_required() for field in self.model_class.model_fields.values()):
            return self.model_class()
        if request.mimetype != JSON:
            raise UnsupportedMediaType(f"send the body as {JSON}")
        return self.model_class.model_validate_json(raw, strict=True)


def _pointer(loc: tuple[int | str, ...], location: str) -> str:
    """RFC 6901 within a body; the bare name of a parameter of the query."""
    if location == "query":
        return ".".join(map(str, loc))
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in loc)


registry.register("pydantic", StrictAdapter)
