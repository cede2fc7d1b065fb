"""What customers are called: names of accounts and their domains."""

from __future__ import annotations

from sqlmodel import Session, select

from bridge.store.accounts import Account, AccountDomain


def account_names(session: Session) -> list[str]:
    return list(session.exec(select(Account.name)))


def account_domains(session: Session) -> list[str]:
    return list(session.exec(select(AccountDomain.domain)))
