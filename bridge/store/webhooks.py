"""Which webhooks were taken. Rule: UNIQUE (connection, delivery), so that a repetition has no effect."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col

from bridge.store.requests import WebhookDelivery
from bridge.store.upsert import insert_new

KEPT = timedelta(days=7)


def remember(session: Session, connection: str, delivery_id: str, at: datetime) -> bool:
    """False: it came before. What is older than a week is forgotten."""
    session.exec(delete(WebhookDelivery).where(col(WebhookDelivery.at) < at - KEPT))
    return insert_new(session, WebhookDelivery, connection=connection, delivery_id=delivery_id, at=at)
