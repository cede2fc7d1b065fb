"""The kinds of requests that are measured: who sends them, to which addresses, and what is aimed at."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import col, select

from bridge.store.clusters import Cluster, Membership
from bridge.store.db import Database
from bridge.store.tickets import Ticket
from bridge.words import RemedyState, Role, display_id

SAMPLE = 3_000
HOOK = "/webhooks/desk"
HOOK_SECRET = "a secret of the benchmark alone"


@dataclass(frozen=True)
class Targets:
    """What there is to look at. ``issues``: the largest first; ``tickets``: (connection, number)."""

    issues: list[str]
    tickets: list[tuple[str, str]]


def targets(db: Database) -> Targets:
    with db.read() as session:
        sizes = (
            select(Membership.cluster_id)
            .join(Cluster, col(Cluster.id) == col(Membership.cluster_id))
            .where(col(Cluster.merged_into).is_(None))
            .group_by(col(Membership.cluster_id))
            .order_by(func.count().desc(), col(Membership.cluster_id))
        )
        issues = [display_id(id_) for id_ in session.exec(sizes)]
        live = (col(Ticket.deleted_at).is_(None), col(Ticket.merged_into).is_(None), col(Ticket.connection) == "desk")
        found = session.exec(select(Ticket.connection, Ticket.source_id).where(*live).order_by(col(Ticket.id))).all()
    tickets = [(connection, number) for connection, number in found]
    return Targets(issues, random.Random(2).sample(tickets, min(SAMPLE, len(tickets))))


@dataclass(frozen=True)
class Kind:
    """``posts``: a program sends a webhook there, each time another one, and is answered 202."""

    name: str
    roles: tuple[Role, ...]
    path: Callable[[Targets, random.Random], str]
    heaviest: Callable[[Targets], str]
    target_ms: int | None
    posts: bool = False


def _list(_: Targets, chance: random.Random) -> str:
    """A third of the looks are at the first page; the others filter, sort or turn pages."""
    if chance.random() < 0.33:
        return "/issues"
    return "/issues?" + "&".join(part(chance) for part in chance.sample(_FILTERS, chance.choice([1, 1, 2])))


_FILTERS: list[Callable[[random.Random], str]] = [
    lambda chance: f"page={chance.randint(2, 60)}",
    lambda chance: f"state={chance.choice(list(RemedyState)).value}",
    lambda chance: f"sort={chance.choice(['accounts', 'tickets', 'recent', 'new'])}",
    lambda chance: f"segment={chance.choice(['strategic', 'mid-market', 'self-serve', 'unclassified'])}",
    lambda chance: f"q={chance.choice(['invoice', 'export', 'night', 'label print', 'tax line stays empty'])}",
]


def _issue(there: Targets, chance: random.Random) -> str:
    """A third of the looks are at one of the hundred largest issues, as the top of the list mostly is."""
    return f"/issues/{chance.choice(there.issues[:100] if chance.random() < 0.33 else there.issues)}"


def _largest(there: Targets, chance: random.Random) -> str:
    """2,000 tickets of 500 accounts, any page of its tickets."""
    return f"/issues/{there.issues[0]}?tickets={chance.randint(1, 40)}"


def _card(there: Targets, chance: random.Random) -> str:
    """The number as it is typed into the box: a redirect leads to the card."""
    return f"/find?q={chance.choice(there.tickets)[1]}"


_WORDS = (
    "credit note",
    "stays empty",
    "archive folder",
    "sent twice",
    "delivery note",
    "label",
    "in the app",
    "export",
)


def _search(_: Targets, chance: random.Random) -> str:
    """Two or three turns of phrase, as somebody types them."""
    return f"/find?q={' '.join(chance.sample(_WORDS, chance.choice([2, 3])))}"


READERS = (Role.PRODUCT_MANAGER, Role.PRODUCT_MANAGER, Role.ADMIN, Role.CSM, Role.SUPPLIER_MANAGER, Role.AGENT)
KINDS = (
    Kind("list", READERS, _list, lambda _: "/issues", 150),
    Kind("issue", READERS, _issue, lambda there: f"/issues/{there.issues[0]}", 150),
    Kind("largest issue", READERS, _largest, lambda there: f"/issues/{there.issues[0]}?tickets=2", 150),
    Kind(
        "lookup",
        (Role.AGENT, Role.AGENT, Role.SUPPLIER_AGENT),
        _card,
        lambda there: "/t/{}/{}".format(*there.tickets[0]),
        50,
    ),
    Kind("webhook", (Role.AGENT,), lambda *_: HOOK, lambda _: HOOK, 50, posts=True),
    Kind(
        "search",
        (Role.AGENT, Role.AGENT, Role.PRODUCT_MANAGER, Role.SUPPLIER_AGENT),
        _search,
        lambda _: "/find?q=credit note stays empty",
        150,
    ),
)
