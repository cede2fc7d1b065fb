"""Names in the customers' words for clusters that are opened, and for those that have outgrown theirs.

Rule: a name is what people know an issue by. One that a person gave, of a published or of a locked issue stays.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from bridge.analysis.clustering import Plan
from bridge.analysis.embedding import Vectors
from bridge.analysis.labelling import Label, Labeller
from bridge.analysis.titles import GROWN, worth_renaming
from bridge.store.clusters import Cluster
from bridge.store.memberships import Place, ticket_texts


def name(
    session: Session, plan: Plan, present: Sequence[Place], tickets: Sequence[int], vectors: Vectors, *, again: bool
) -> dict[int, Label]:
    """The label of each cluster to open, by its negative token; ``again``: also of those to be named anew, by id.

    vectors: unit rows of ``tickets``, shape (n, d).
    """
    members = _members(plan, present)
    known = {row.id or 0: row for row in _outgrown(session, members)} if again else {}
    wanted = {cluster: those for cluster, those in members.items() if cluster < 0 or cluster in known}
    if not wanted:
        return {}
    texts = ticket_texts(session)
    labeller = Labeller(text for _, text in texts.values())
    row = {ticket: position for position, ticket in enumerate(tickets)}
    labels = {}
    for cluster, all_of_it in wanted.items():
        those = [ticket for ticket in all_of_it if ticket in row]
        if not those:
            continue
        own = vectors[[row[ticket] for ticket in those]]
        central = (own @ own.mean(axis=0)).tolist()
        said = [texts[t][0] for t in those], [texts[t][1] for t in those]
        label = labeller.label(*said, central)
        if cluster < 0 or _better(known[cluster], label, labeller.rate(known[cluster].title, *said), len(those)):
            labels[cluster] = label
    return labels


def _members(plan: Plan, present: Sequence[Place]) -> dict[int, list[int]]:
    """Who will be where, tickets ascending."""
    winners = {pair.loser: pair.winner for pair in plan.merges}
    goes = {p.ticket_id: winners.get(p.cluster_id, p.cluster_id) for p in present}
    goes.update({ticket: assignment.cluster for ticket, assignment in {**plan.assign, **plan.moves}.items()})
    members: dict[int, list[int]] = {}
    for ticket, cluster in sorted(goes.items()):
        members.setdefault(cluster, []).append(ticket)
    return members


def _outgrown(session: Session, members: dict[int, list[int]]) -> list[Cluster]:
    query = select(Cluster).where(
        col(Cluster.merged_into).is_(None),
        Cluster.title_by == "model",
        col(Cluster.approved_at).is_(None),
        col(Cluster.locked_at).is_(None),
        col(Cluster.titled_of) > 0,
    )
    return [row for row in session.exec(query) if len(members.get(row.id or 0, ())) >= GROWN * row.titled_of]


def _better(known: Cluster, label: Label, rating: float, members: int) -> bool:
    return label.title != known.title and worth_renaming(known.titled_of, members, rating, label.score)
