"""How near a ticket's fellows in its issue are, as the grouping sees them: what an answer about its place is worth.

Rule: measured when a person decides, before anything moves; None where it cannot be known any more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlmodel import Session, col, select

from bridge.analysis.embedding import Vectors, unpack
from bridge.analysis.granularity import params_for
from bridge.analysis.smoothing import read_frame
from bridge.store.clusters import Membership
from bridge.store.grouping import GroupingFrame
from bridge.store.grouping_answers import granularity
from bridge.store.memberships import is_live
from bridge.store.models import in_use
from bridge.store.tickets import Ticket
from bridge.store.vectors import Vector, sound

COMPARED = 1000
"""Fellows that are looked at, the newest: their second nearest is hardly further than that of all."""


def second_fellows(session: Session, tickets: Sequence[int], cluster_id: int) -> dict[int, float]:
    """Ticket -> cosine to the second nearest of the cluster's other tickets, or to the only one. Those of ``tickets``
    without a vector or a fellow are left out.
    """
    model = in_use(session)
    row = session.get(GroupingFrame, model.id) if model else None
    if model is None or row is None or not tickets:
        return {}
    ids, vectors = _vectors(session, model.id, tickets, cluster_id)
    if len(ids) < 2:  # noqa: PLR2004 - one alone has no fellow
        return {}
    points = read_frame(row.frame, params_for(granularity(session)).smoothing).view(vectors)
    place = {id_: at for at, id_ in enumerate(ids)}
    mine = [place[ticket] for ticket in tickets if ticket in place]
    similar = points[mine] @ points.T
    similar[np.arange(len(mine)), mine] = -1
    nearest = np.sort(similar, axis=1)[:, ::-1][:, min(1, len(ids) - 2)]
    return {ids[at]: float(value) for at, value in zip(mine, nearest, strict=True)}


def _vectors(session: Session, model: str, tickets: Sequence[int], cluster_id: int) -> tuple[list[int], Vectors]:
    """The cluster's newest members and those of ``tickets`` that are among its members: ids and unit rows."""
    query = (
        select(Ticket.id, Vector.data, Vector.crc)
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .join(Vector, (col(Vector.content_hash) == col(Ticket.embed_hash)) & (col(Vector.model) == model))
        .where(Membership.cluster_id == cluster_id, *is_live())
    )
    newest = query.order_by(col(Ticket.id).desc()).limit(COMPARED)
    found = dict(sound((id_ or 0, data, crc) for id_, data, crc in session.exec(newest)))
    missing = [ticket for ticket in tickets if ticket not in found][:COMPARED]
    if missing:
        also = query.where(col(Ticket.id).in_(missing))
        found.update(sound((id_ or 0, data, crc) for id_, data, crc in session.exec(also)))
    vectors = unpack(b"".join(found.values())).reshape(len(found), -1) if found else np.empty((0, 0), np.float32)
    return list(found), vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
