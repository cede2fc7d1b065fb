"""Erasing a person, a ticket or an account, and what is older than it may be.

Rule: the words go everywhere in this house, ids stay; what stands in other houses is listed for whoever must erase it
there. docs/decisions/0011 says what comes in again and what does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, func, tuple_
from sqlmodel import Session, col, select

from bridge.analysis.intake import person_key
from bridge.analysis.resolution import Directory
from bridge.service import relabel
from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError, UnknownId
from bridge.store import erasing, erasing_outgoing
from bridge.store.access import User
from bridge.store.accounts import Account, ImportDraft
from bridge.store.db import Database
from bridge.store.erasing_outgoing import Sent
from bridge.store.events import record
from bridge.store.ranking import account_keys
from bridge.store.sync import bump
from bridge.store.tickets import ERASED, EXPIRED, ErasedRequester, Ticket
from bridge.store.upsert import insert_new

BATCH = 500
_KEY = re.compile(r"[0-9a-f]{64}")


class Kind(StrEnum):
    REQUESTER = "requester"
    TICKET = "ticket"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Target:
    """``name`` as it was typed; ``key`` of a requester, ``id`` of a ticket or an account."""

    kind: Kind
    name: str
    key: str | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is, or was, erased: how many of each, and what must be erased elsewhere."""

    kind: str
    name: str
    tickets: int
    messages: int
    set_aside: int
    vectors: int
    renamed: int
    queued: int
    sent_out: list[Sent]
    sources: list[str]


def find(session: Session, actor: Actor, kind: Kind, name: str, secret: bytes) -> Target:
    """What the words name. Raises UnknownId; a requester need not be known: they may be erased beforehand."""
    require(actor, Permission.ADMINISTER)
    name = name.strip()
    if not name:
        raise ServiceError(f"say which {kind}")
    if kind is Kind.REQUESTER:
        key = name.lower() if _KEY.fullmatch(name.lower()) else person_key(name, secret)
        if key is None:
            raise ServiceError("say whose tickets: an address, or the key of a requester")
        return Target(kind, name, key=key)
    if kind is Kind.TICKET:
        connection, _, source_id = name.partition("/")
        query = select(Ticket.id).where(Ticket.connection == connection, Ticket.source_id == source_id)
        ticket = session.exec(query).first()
        if ticket is None:
            raise UnknownId(f"there is no ticket {name!r}: write it as CONNECTION/ID")
        return Target(kind, name, id=ticket)
    account = session.exec(select(Account).where(func.lower(Account.name) == name.lower())).first()
    if account is None:
        raise UnknownId(f"there is no account {name!r}")
    return Target(kind, account.name, id=account.id)


def preview(session: Session, actor: Actor, target: Target) -> Erasure:
    """What would be erased; nothing changes."""
    require(actor, Permission.ADMINISTER)
    words = erasing.words_of(session, erasing.ids_of(session, _condition(session, target)))
    ids = [item.id for item in words]
    made = relabel.plan(session, words)
    rows = erasing_outgoing.rows_for_tickets(session, ids)
    asides = erasing.count_asides(session, erasing.asides_of(words))
    if target.kind is not Kind.TICKET:
        asides += erasing.count_asides(session, erasing.unnamed_asides())
    return Erasure(
        kind=target.kind.value,
        name=target.name,
        tickets=len(ids),
        messages=erasing.count_messages(session, ids),
        set_aside=asides,
        vectors=erasing.count_own_vectors(session, ids),
        renamed=len(made.renamed),
        queued=sum(row.state in erasing_outgoing.UNSENT for row in rows),
        sent_out=erasing_outgoing.sent_out(session, ids, made.touched),
        sources=_sources(words),
    )


def erase(session: Session, actor: Actor, target: Target, *, reason: str, at: datetime) -> Erasure:
    """Do it, in this transaction; afterwards ``Database.forget`` lets go of the log of changes."""
    require(actor, Permission.ADMINISTER)
    reason = " ".join(reason.split())
    if not reason:
        raise ServiceError("give the reason: it is kept in the audit log, so name no person in it")
    words = erasing.words_of(session, erasing.ids_of(session, _condition(session, target)))
    done = _erase(session, words, ERASED, target, at)
    if target.key is not None:
        session.exec(delete(ErasedRequester).where(col(ErasedRequester.key) == target.key))
        insert_new(session, ErasedRequester, key=target.key, at=at)
    if target.kind is Kind.ACCOUNT:
        _drop_account(session, target.id or 0)
    after = {"tickets": [item.id for item in words], "renamed": done.renamed, "queued": done.queued}
    subject = "requester" if target.id is None else f"{target.kind.value}:{target.id}"
    record(session, "data.erased", subject, actor=actor.name, at=at, after=after, reason=reason)
    return done


def expire(db: Database, days: int, *, at: datetime) -> int:
    """Take the text of tickets that did not change for so many days; 0 keeps all. Number of tickets."""
    done = 0
    while days:
        with db.write() as session:
            old = col(Ticket.updated_at) < at - timedelta(days=days)
            words = erasing.words_of(session, erasing.ids_of(session, old, limit=BATCH))
            if not words:
                break
            _erase(session, words, EXPIRED, None, at)
            after = {"tickets": [item.id for item in words], "days": days}
            record(session, "data.expired", "retention", actor="retention", at=at, after=after)
        done += len(words)
    if done:
        db.forget()
    return done


def _erase(session: Session, words: list[erasing.Words], mark: str, target: Target | None, at: datetime) -> Erasure:
    ids = [item.id for item in words]
    made = relabel.plan(session, words)
    messages, vectors = erasing.count_messages(session, ids), 0
    sent = erasing_outgoing.sent_out(session, ids, made.touched)
    queued = erasing_outgoing.give_up(session, erasing_outgoing.rows_for_tickets(session, ids), at)
    mend = relabel.menders(made.renamed, made.touched, words)
    erasing_outgoing.draw_anew(session, erasing_outgoing.rows_for_clusters(session, made.touched), mend)
    relabel.apply(session, made.renamed)
    erasing_outgoing.forget_drafts(session, made.touched)
    unnamed = target is not None and target.kind is not Kind.TICKET
    asides = erasing.drop_asides(session, words, unnamed=unnamed)
    erasing.bury_text(session, ids, mark, at)
    erasing_outgoing.rename_in_scores(session, made.touched, _names(session, words))
    vectors = erasing.drop_orphan_vectors(session)
    erasing.drop_answers(session)
    for name in ("tickets", "clusters"):
        bump(session, name)
    return Erasure(
        kind=target.kind.value if target else "retention",
        name=target.name if target else "",
        tickets=len(ids),
        messages=messages,
        set_aside=asides,
        vectors=vectors,
        renamed=len(made.renamed),
        queued=queued,
        sent_out=sent,
        sources=_sources(words),
    )


def _names(session: Session, words: Sequence[erasing.Words]) -> dict[str, str]:
    """Names by which rankings know the requesters, where no other ticket has them: a number each."""
    keys: dict[str, ColumnElement[bool]] = {}
    for item in words:
        if item.requester_key:
            keys[f"requester:{item.requester_key}"] = col(Ticket.requester_key) == item.requester_key
        if item.requester_domain:
            keys[f"domain:{item.requester_domain}"] = col(Ticket.requester_domain) == item.requester_domain
            keys[item.requester_domain] = keys[f"domain:{item.requester_domain}"]
        if item.account_ref:
            name = f"named:{item.account_ref.strip().casefold()}"
            keys[name] = col(Ticket.account_ref) == item.account_ref
    gone = [key for key, has in keys.items() if session.exec(select(Ticket.id).where(has).limit(1)).first() is None]
    return {key: f"erased:{n}" for n, key in enumerate(gone, 1)}


def _condition(session: Session, target: Target) -> ColumnElement[bool]:
    if target.kind is Kind.REQUESTER:
        return col(Ticket.requester_key) == target.key
    if target.kind is Kind.TICKET:
        return col(Ticket.id) == target.id
    return _of_account(session, target.id or 0)


def _of_account(session: Session, account_id: int) -> ColumnElement[bool]:
    """As rankings resolve it: by the desk's reference, else by a domain that is the account's alone."""
    directory = Directory.build(*account_keys(session))
    pairs = [
        (ref, domain) for ref, domain in erasing.references(session) if directory.resolve(ref, domain) == account_id
    ]
    key = tuple_(func.coalesce(col(Ticket.account_ref), ""), func.coalesce(col(Ticket.requester_domain), ""))
    return key.in_([(ref or "", domain or "") for ref, domain in pairs])


def _drop_account(session: Session, account_id: int) -> None:
    """Name, value, domains, ids and files that wait for import; customer success people lose it from their own list."""
    for user in session.exec(select(User).where(col(User.accounts).is_not(None))):
        if account_id in (user.accounts or ()):
            user.accounts = [id_ for id_ in user.accounts or () if id_ != account_id]
            session.add(user)
    session.exec(delete(Account).where(col(Account.id) == account_id))
    session.exec(delete(ImportDraft))
    bump(session, "accounts")


def _sources(words: Sequence[erasing.Words]) -> list[str]:
    """The tickets where they came from."""
    return [item.url or f"{item.connection} {item.source_id}" for item in words]
