"""Alerts as people and programs list them, and the digest as a reader would get it now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from bridge.analysis.alert_words import WORDS, Names, Told, sentence
from bridge.analysis.letter import Letter
from bridge.pipeline.notify import Composer, facts_of
from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError
from bridge.service.issue_money import sight_of
from bridge.service.issue_score import account_name
from bridge.store.accounts import Account
from bridge.store.boards import titles
from bridge.store.notices import NoticeRow, told_since
from bridge.store.ranking import all_accounts
from bridge.words import display_id

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert that people were told of, the last time. ``times``: how often so far."""

    at: datetime
    kind: str
    issue: str
    title: str
    said: str
    times: int
    is_open: bool


def alert_lines(session: Session, actor: Actor, since: datetime) -> list[AlertLine]:
    """The newest first, in the words that the reader may see."""
    require(actor, Permission.READ_CLUSTERS)
    rows = told_since(session, since)
    known = {id_: title.title for id_, title in titles(session).items()}
    accounts: dict[int, Account] = {account.id or 0: account for account in all_accounts(session)}
    told = [Told.of(row.last) for row in rows]
    named = {key: account_name(key, accounts) for one in told for key in one.named}
    names, sight = Names(known, named), sight_of(actor)
    return [
        AlertLine(
            row.told_at or row.opened_at,
            WORDS[one.kind][0],
            display_id(one.issue),
            names.title(one.issue),
            sentence(one, names, sight),
            row.times,
            row.closed_at is None,
        )
        for row, one in zip(rows, told, strict=True)
    ]


def digest_now(session: Session, actor: Actor, composer: Composer, at: datetime) -> Letter:
    """The digest of the last seven days as the actor's role would read it. Raises ServiceError before a ranking."""
    require(actor, Permission.READ_CLUSTERS)
    facts = facts_of(session, at - WEEK)
    if facts is None:
        raise ServiceError("there is no ranking yet: run `bridge sync` first")
    row = NoticeRow(uid="", event="", reader="", kind="weekly", connection="", facts=facts, at=at)
    told = [Told.of(raw) for raw in facts["alerts"]]
    return composer.letter(session, row, told, sight_of(actor), all_tickets=True)
