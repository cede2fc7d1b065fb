"""Puts what was decided into the outbox. A cluster gets one issue a tracker, for ever: its marker is made from the
cluster's uid, its link row is unique.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bridge.pipeline.publish.drafts import Draft
from bridge.store.clusters import Cluster
from bridge.store.outbox import TrackerLink
from bridge.store.outbox_queries import enqueue
from bridge.store.publishing import supersede


def marker(cluster: Cluster, connection: str) -> str:
    """The key that the remote issue carries."""
    return f"ib-{cluster.uid}-{connection}"


def send_create(session: Session, cluster: Cluster, connection: str, draft: Draft, at: datetime) -> TrackerLink:
    wanted = {name: value for name, value in draft.items() if name != "project"}
    link = TrackerLink(cluster_id=cluster.id or 0, connection=connection, version=1, wanted=wanted)
    session.add(link)
    enqueue(
        session,
        key=marker(cluster, connection),
        stream=_stream(cluster, connection),
        kind="create_issue",
        connection=connection,
        payload={"cluster_id": cluster.id, "draft": draft},
        at=at,
        subject_id=cluster.id,
    )
    return link


def send_update(session: Session, cluster: Cluster, link: TrackerLink, changed: Draft, at: datetime) -> None:
    """``changed`` only; together with what an older update, not sent yet, would have changed."""
    ours = {label for draft in (link.written, link.previous, link.wanted) for label in draft.get("labels") or ()}
    link.wanted, link.version = {**link.wanted, **changed}, link.version + 1
    session.add(link)
    stream = _stream(cluster, link.connection)
    overtaken = supersede(session, stream, ("update_issue",), at)
    pending = {n: v for n, v in link.wanted.items() if n in changed or n not in link.left} if overtaken else changed
    labels = pending.get("labels")
    draft = {name: pending.get(name) for name in ("title", "body", "priority")}
    more = {"labels": labels, "dropped_labels": sorted(ours - set(labels)) if labels is not None else []}
    enqueue(
        session,
        key=f"{marker(cluster, link.connection)}:update:{link.version}",
        stream=stream,
        kind="update_issue",
        connection=link.connection,
        payload={
            "cluster_id": cluster.id,
            "remote_id": link.remote_id,
            "marker": marker(cluster, link.connection),
            "draft": {**draft, **more},
        },
        at=at,
        subject_id=cluster.id,
    )


def send_comment(session: Session, cluster: Cluster, link: TrackerLink, what: str, body: str, at: datetime) -> None:
    """Below the issue, after what is on its way to it. ``what`` makes the key: the same comment is written once."""
    enqueue(
        session,
        key=f"{marker(cluster, link.connection)}:{what}",
        stream=_stream(cluster, link.connection),
        kind="comment",
        connection=link.connection,
        payload={"cluster_id": cluster.id, "remote_id": link.remote_id, "body": body},
        at=at,
        subject_id=cluster.id,
    )


def _stream(cluster: Cluster, connection: str) -> str:
    return f"issue:{cluster.uid}:{connection}"
