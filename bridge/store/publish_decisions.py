"""What was decided about an issue for one tracker. Rule: no words of customers: the text is drawn when it is read."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from bridge.store.columns import instant


class Verdict(StrEnum):
    """Waiting for a person, approved (by one or by the bar), or declined."""

    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"


class PublishDecision(SQLModel, table=True):
    """``rank`` is that of the proposal. ``by`` is None while it waits. An issue that was approved for some trackers
    goes to those; one that was approved without such rows goes to all.
    """

    __tablename__ = "publish_decision"

    cluster_id: int = Field(foreign_key="cluster.id", primary_key=True)
    connection: str = Field(primary_key=True)
    state: str = Field(index=True)
    rank: int | None = None
    at: datetime = instant(nullable=False)
    by: str | None = None


def decisions(session: Session) -> dict[int, dict[str, PublishDecision]]:
    """Cluster -> connection -> what was decided."""
    found: dict[int, dict[str, PublishDecision]] = {}
    for row in session.exec(select(PublishDecision)):
        found.setdefault(row.cluster_id, {})[row.connection] = row
    return found


def waiting(session: Session, connection: str) -> list[PublishDecision]:
    """Proposals for this tracker."""
    query = select(PublishDecision).where(
        PublishDecision.state == Verdict.WAITING, PublishDecision.connection == connection
    )
    return list(session.exec(query.order_by(col(PublishDecision.cluster_id))))


def decide(
    session: Session,
    cluster_id: int,
    connection: str,
    state: Verdict,
    *,
    at: datetime,
    by: str | None,
    rank: int | None,
) -> PublishDecision:
    """In place of what was decided before."""
    row = session.get(PublishDecision, (cluster_id, connection))
    row = row or PublishDecision(cluster_id=cluster_id, connection=connection, state=state, at=at)
    row.state, row.at, row.by = state.value, at, by
    row.rank = row.rank if rank is None else rank
    session.add(row)
    return row


def decided_on(session: Session, cluster_id: int) -> dict[str, PublishDecision]:
    """Connection -> what was decided about this issue."""
    query = select(PublishDecision).where(PublishDecision.cluster_id == cluster_id)
    return {row.connection: row for row in session.exec(query)}


def forget(session: Session, cluster_id: int) -> None:
    """Nothing was decided about this issue, for any tracker."""
    session.execute(delete(PublishDecision).where(col(PublishDecision.cluster_id) == cluster_id))


def goes_to(approved: bool, decided: dict[str, PublishDecision], connection: str) -> bool:
    """Whether an issue goes to a tracker: ``approved`` at all, and not for others only."""
    if not approved:
        return False
    own = decided.get(connection)
    if own is not None and own.state == Verdict.APPROVED:
        return True
    return not any(row.state == Verdict.APPROVED for row in decided.values()) and own is None
