"""What a person holds about an issue against the computation: a pin, a mute, a severity, with a reason and a last day.

Rule: a row is ended, never changed; one that is past its last day stands there as expired until somebody decides anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Index, Text, or_
from sqlmodel import Field, Session, SQLModel, col, select

from bridge.store.clusters import Cluster
from bridge.store.columns import instant
from bridge.words import Hold


class Sticky(SQLModel, table=True):
    """``kind`` is a word of ``Hold``. ``until`` is the last day (UTC) on which it acts, None: until somebody ends it.

    ``ended_at``: another decision took its place. ``event_id`` names the decision that made it.
    """

    __tablename__ = "sticky"
    __table_args__ = (Index("ix_sticky_cluster_id_kind", "cluster_id", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    cluster_id: int = Field(foreign_key="cluster.id")
    kind: str
    severity: str | None = None
    reason: str = Field(sa_type=Text)
    actor: str
    at: datetime = instant(nullable=False)
    until: date | None = None
    ended_at: datetime | None = instant()
    event_id: int | None = Field(default=None, foreign_key="event.id")

    @property
    def expires(self) -> datetime | None:
        """The instant from which it acts no more by itself."""
        return datetime.combine(self.until + timedelta(days=1), time.min, UTC) if self.until else None

    def acts(self, at: datetime) -> bool:
        expires = self.expires
        return self.at <= at and (self.ended_at is None or self.ended_at > at) and (expires is None or at < expires)


def standing(session: Session, at: datetime) -> dict[int, list[Sticky]]:
    """By cluster: what stood at an instant, expired ones among them, in the order of the kinds."""
    query = select(Sticky).where(col(Sticky.at) <= at, or_(col(Sticky.ended_at).is_(None), col(Sticky.ended_at) > at))
    found: dict[int, list[Sticky]] = {}
    for row in session.exec(query.order_by(col(Sticky.kind), col(Sticky.id))):
        session.expunge(row)
        found.setdefault(row.cluster_id, []).append(row)
    return found


def open_rows(session: Session, cluster_id: int, kinds: Sequence[Hold] = tuple(Hold)) -> list[Sticky]:
    """Of one cluster: what nobody has ended, expired ones among them."""
    query = select(Sticky).where(
        Sticky.cluster_id == cluster_id, col(Sticky.kind).in_(kinds), col(Sticky.ended_at).is_(None)
    )
    return list(session.exec(query.order_by(col(Sticky.kind), col(Sticky.id))))


def held(session: Session, kind: Hold, at: datetime) -> set[int]:
    """Living clusters for which one of this kind acts."""
    query = select(Sticky).join(Cluster, col(Cluster.id) == col(Sticky.cluster_id))
    rows = session.exec(query.where(Sticky.kind == kind, col(Cluster.merged_into).is_(None)))
    return {row.cluster_id for row in rows if row.acts(at)}


def expired_severities(session: Session, at: datetime) -> list[Sticky]:
    """Severities whose last day is over and that a cluster still has."""
    query = (
        select(Sticky)
        .join(Cluster, col(Cluster.id) == col(Sticky.cluster_id))
        .where(
            Sticky.kind == Hold.SEVERITY,
            col(Sticky.ended_at).is_(None),
            col(Sticky.until) < at.astimezone(UTC).date(),
            col(Cluster.severity_override).is_not(None),
        )
        .order_by(col(Sticky.id))
    )
    return list(session.exec(query))


def next_end(rows: Iterable[Sticky], at: datetime) -> list[datetime]:
    """The instants after ``at`` at which one of these stops acting by itself."""
    return [row.expires for row in rows if row.expires is not None and row.expires > at]
