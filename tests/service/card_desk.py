"""A desk with issues in every state of trust, for the tests of card, search and clicks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bridge.service import remedies
from bridge.service.access import Actor
from bridge.service.card import card
from bridge.service.card_view import Card
from bridge.store.clusters import Cluster
from bridge.store.suppliers import GroupMap, Supplier
from bridge.words import Role
from tests.pipeline.loop import AGENT, Loop, ticket

GROUP = "tier-1"
DAY = 86_400
SHAREABLE = {"eta.kind": "date", "eta.confidence": "high", "eta.shareable": "yes"}


def plan(loop: Loop, cluster_id: int, state: str, **fields: str) -> None:
    """An approved plan."""
    changes = {"state": state, "owner": "R. Diaz", **{name.replace("__", "."): text for name, text in fields.items()}}
    loop.decide(remedies.edit, cluster_id, changes, reason="because")
    loop.decide(remedies.approve, cluster_id)


def issue(loop: Loop, title: str, *numbers: str, phrases: tuple[str, ...] = (), **values: Any) -> int:
    """Pulled tickets of this subject in one issue."""
    for number in numbers:
        values.setdefault("at", loop.clock() - timedelta(days=2))
        loop.put(ticket(number, title, url=f"https://desk.example/tickets/{number}", **values))
    loop.pull()
    made = loop.cluster(title, *numbers)
    with loop.db.write() as session:
        session.get_one(Cluster, made).phrases = list(phrases)
    return made


def show(loop: Loop, number: str, actor: Actor = AGENT) -> Card:
    with loop.db.read() as session:
        return card(session, actor, "desk", number, at=loop.clock())


def supplier(loop: Loop, group: str = GROUP) -> Actor:
    """An agent of a supplier whose group this is."""
    with loop.db.write() as session:
        made = Supplier(name=f"Supplier of {group}", kind="outsourced")
        session.add(made)
        session.flush()
        session.add(GroupMap(group=group, supplier_id=made.id or 0))
        return Actor("O. Crabapple", Role.SUPPLIER_AGENT, supplier_id=made.id)
