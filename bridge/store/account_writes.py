"""Reads and writes of many accounts at once, for imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, update
from sqlmodel import Session, col, select

from bridge.store.accounts import Account, AccountDomain, AccountExternalId

KEYS: dict[str, tuple[type[AccountExternalId | AccountDomain], str]] = {
    "external_ids": (AccountExternalId, "external_id"),
    "domains": (AccountDomain, "domain"),
}
"""The tables of what an account has several of, and the column that holds it."""


def account_columns(session: Session, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """All columns of these accounts, by id."""
    query = select(*Account.__table__.columns).where(col(Account.id).in_(list(ids)))  # type: ignore[attr-defined]
    return {row["id"]: dict(row) for row in session.execute(query).mappings()}


def account_keys_of(session: Session, what: str, ids: Iterable[int]) -> dict[int, set[str]]:
    """The external ids or domains of these accounts, by account."""
    table, column = KEYS[what]
    found: dict[int, set[str]] = {}
    query = select(table.account_id, getattr(table, column)).where(col(table.account_id).in_(list(ids)))
    for account_id, value in session.execute(query):
        found.setdefault(account_id, set()).add(value)
    return found


def insert_accounts(session: Session, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Ids by name; every row has the same columns."""
    if not rows:
        return {}
    done = session.execute(insert(Account).returning(col(Account.name), col(Account.id)), list(rows))
    return {name: id_ or 0 for name, id_ in done}


def update_accounts(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Each row has its ``id`` and the columns that change."""
    if rows:
        session.execute(update(Account), list(rows))


def set_account_keys(session: Session, what: str, wanted: Mapping[int, set[str]], had: Mapping[int, set[str]]) -> None:
    """Make these the external ids or domains of the accounts. An external id leaves the account that it had."""
    table, column = KEYS[what]
    field = getattr(table, column)
    added = [{"account_id": a, column: v} for a, values in wanted.items() for v in sorted(values - had.get(a, set()))]
    for account_id, values in wanted.items():
        if gone := had.get(account_id, set()) - values:
            session.execute(delete(table).where(col(table.account_id) == account_id, field.in_(gone)))
    if not added:
        return
    if table is AccountExternalId:
        session.execute(delete(table).where(field.in_([row[column] for row in added])))
    session.execute(insert(table), added)


def confirm(session: Session, ids: Sequence[int], at: datetime) -> None:
    """The values of these accounts were found to be as they are known."""
    if ids:
        session.execute(update(Account).where(col(Account.id).in_(ids)).values(as_of=at))


def shared_domains(session: Session) -> list[str]:
    """Domains of more than one account: they resolve to none."""
    query = select(AccountDomain.domain).group_by(AccountDomain.domain).having(func.count() > 1)
    return list(session.exec(query.order_by(AccountDomain.domain)))
