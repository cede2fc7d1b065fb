"""The API's doors: one way to read, one way to write. Rule: each says who may, what comes in and what goes out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from apiflask import APIBlueprint
from flask import abort, request
from pydantic import BaseModel
from werkzeug.wrappers import Response

from bridge.service.access import Permission
from bridge.web import errors, guard
from bridge.web.api import once
from bridge.web.api.adapter import Invalid

api = APIBlueprint("api", __name__, url_prefix="/api/v1")

_V = TypeVar("_V", bound=Callable[..., Any])
_Door = Callable[[_V], _V]


def read(
    path: str, permission: Permission | None, out: type[BaseModel], *, query: type[BaseModel] | None = None, tag: str
) -> _Door[Callable[..., BaseModel]]:
    """A GET. ``permission`` None: for everybody who is signed in. A ``query`` comes as ``query_data``."""

    def door(view: Callable[..., BaseModel]) -> Callable[..., BaseModel]:
        made: Any = api.output(out)(api.doc(tags=[tag], security=SECURITY)(view))
        made = api.input(query or NoQuery, location="query", arg_name="query_data")(made if query else _without(made))
        return api.get(path)(_ruled(permission)(made))

    return door


def write(
    path: str,
    permission: Permission | None,
    out: type[BaseModel],
    *,
    tag: str,
    body: type[BaseModel] | None = None,
    method: str = "post",
    status: int = 200,
    shown_once: str | None = None,
) -> _Door[Callable[..., BaseModel]]:
    """A decision in one transaction: the view gets the session, and a ``body`` as ``json_data``.

    ``shown_once`` names the field of the answer that holds a secret: it is never kept.
    """

    def door(view: Callable[..., BaseModel]) -> Callable[..., BaseModel]:
        made: Any = once.once(view, status=status, shown_once=shown_once)
        made = api.output(out, status_code=status)(api.doc(tags=[tag], security=SECURITY)(made))
        if body is not None:
            made = api.input(body, location="json")(made)
        made = api.input(NoQuery, location="query", arg_name="query_data")(_without(made))
        return getattr(api, method)(path)(_ruled(permission)(made))  # type: ignore[no-any-return]

    return door


SECURITY: list[str | dict[str, list[Any]]] = ["token", "session"]


class NoQuery(BaseModel, extra="forbid"):
    """No parameter is known."""


def _without(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, without the empty query that was checked before it."""

    @wraps(view)
    def called(**arguments: Any) -> Any:
        arguments.pop("query_data", None)
        return view(**arguments)

    return called


def _ruled(permission: Permission | None) -> _Door[Callable[..., Any]]:
    return guard.signed_in if permission is None else guard.needs(permission)


@api.errorhandler(Invalid)
def _invalid(error: Invalid) -> Response:
    name = "parameter" if error.where == "query" else "pointer"
    found = [{name: where, "detail": detail} for where, detail in error.errors]
    return errors.sent(errors.problem(422, "; ".join(detail for _, detail in error.errors), found))


@api.before_request
def _plain_addresses() -> None:
    if "\0" in request.path:
        abort(404, "there is nothing under this address")
