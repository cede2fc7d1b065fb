"""A program that asks the API with a token of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from werkzeug.test import TestResponse

from bridge.service import tokens
from bridge.service.access import Scope
from bridge.words import Role
from tests.web.house import House

BASE = "/api/v1"


@dataclass
class Program:
    house: House
    secret: str
    token_id: int

    def ask(self, method: str, path: str, *, key: str | None = None, **values: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.secret}", **values.pop("headers", {})}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.house.app.test_client().open(f"{BASE}{path}", method=method, headers=headers, **values)

    def get(self, path: str, **values: Any) -> TestResponse:
        return self.ask("GET", path, **values)

    def post(self, path: str, json: Any = None, **values: Any) -> TestResponse:
        return self.ask("POST", path, json={} if json is None else json, **values)


def program(house: House, role: Role, *scopes: Scope) -> Program:
    """With a token of the role's user; all scopes where none is named."""
    with house.db.write() as session:
        row, secret = tokens.create_token(
            session, house.actor(role), "program", frozenset(scopes or Scope), days=1, at=datetime.now(UTC)
        )
    return Program(house, secret, row.id or 0)
