"""Holds requests against the community's description of Redmine's REST, where the shared folder is there.

Rule: the description is read where it lies and never copied.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from tests.connectors.fake_api import Request

Check = Callable[[Request], list[str]]


@cache
def described() -> Check | None:
    """What is wrong with a request, as a function; None where there is no shared folder."""
    beside = Path(__file__).resolve().parents[4] / "shared"
    specs = Path(os.environ.get("BRIDGE_SHARED") or beside) / "specs"
    if not (specs / "redmine.json").is_file():
        return None
    spec = spec_from_file_location("check_request", specs / "check_request.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    description = json.loads((specs / "redmine.json").read_text("utf-8"))

    def check(request: Request) -> list[str]:
        query = {name: values[0] for name, values in request.query.items()}
        body = request.json() if request.body else None
        found = module.check(description, request.method, request.path, query, body)
        return [f"{request.method} {request.path}: {problem}" for problem in found]

    return check


def problems(request: Request) -> list[str]:
    check = described()
    return check(request) if check else []
