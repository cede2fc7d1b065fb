"""Reads and writes of many accounts at once, for imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, update
from sqlmodel import Session, col, select

from bridge.store.accounts import Account, AccountDomain, AccountExternalId, AccountOrigin
from bridge.store.upsert import insert_rows

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
    """The external ids or domains of these accounts, by account, without those that a person gave them."""
    table, column = KEYS[what]
    found: dict[int, set[str]] = {}
    query = select(table.account_id, getattr(table, column)).where(
        col(table.account_id).in_(list(ids)), col(table.said_by).is_(None)
    )
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
    """Make these the external ids or domains of the accounts, beside those that a person gave them. An external id
    leaves the account that it had, unless a person put it there.
    """
    table, column = KEYS[what]
    field = getattr(table, column)
    added = [{"account_id": a, column: v} for a, values in wanted.items() for v in sorted(values - had.get(a, set()))]
    for account_id, values in wanted.items():
        if gone := had.get(account_id, set()) - values:
            session.execute(delete(table).where(col(table.account_id) == account_id, field.in_(gone)))
    if not added:
        return
    given = [row[column] for row in added]
    if table is AccountExternalId:
        session.execute(delete(table).where(field.in_(given), col(table.said_by).is_(None)))
    query = select(table.account_id, field).where(field.in_(given))
    there = {(account_id if table is AccountDomain else 0, value) for account_id, value in session.execute(query)}
    free = [row for row in added if (row["account_id"] if table is AccountDomain else 0, row[column]) not in there]
    if free:
        session.execute(insert(table), free)


def told_of(session: Session, columns: Mapping[int, Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """What is kept of who told what, by account, of those of which something is kept."""
    query = select(AccountOrigin.account_id, AccountOrigin.told).where(col(AccountOrigin.account_id).in_(list(columns)))
    return {account_id: dict(told) for account_id, told in session.exec(query)}


def keep_told(session: Session, told: Mapping[int, dict[str, Any]]) -> None:
    """Keep who told what of these accounts, in the place of what was kept."""
    if told:
        session.execute(delete(AccountOrigin).where(col(AccountOrigin.account_id).in_(list(told))))
        insert_rows(session, AccountOrigin, [{"account_id": id_, "told": told[id_]} for id_ in sorted(told)])


def shared_domains(session: Session) -> list[str]:
    """Domains of more than one account: they resolve to none."""
    query = select(AccountDomain.domain).group_by(AccountDomain.domain).having(func.count() > 1)
    return list(session.exec(query.order_by(AccountDomain.domain)))
