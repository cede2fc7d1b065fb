"""/outbox: what is on its way out, and what a person must decide."""

from __future__ import annotations

from sqlmodel import Session

from bridge.service import outbox as service
from bridge.service.access import Permission
from bridge.web import here
from bridge.web.api.asked import row_id
from bridge.web.api.blueprint import read, write
from bridge.web.api.paging import encoded, number
from bridge.web.api.schemas.common import DONE, Done
from bridge.web.api.schemas.operations import Discard, FiguresOut, LineOut, OutboxOut, OutboxQuery, Retry

TAG = "Operations"
_P = Permission


@read("/outbox", _P.READ_STATUS, OutboxOut, query=OutboxQuery, tag=TAG)
def outbox(query_data: OutboxQuery) -> OutboxOut:
    """Writes, the newest first; within a page of ``open`` ones, the most urgent first."""
    asked = query_data
    with here.reading() as session:
        page = service.outbox_page(
            session,
            here.actor(),
            here.now(),
            view=asked.state,
            before=number(asked.cursor),
            connection=asked.connection,
            limit=asked.limit,
        )
    following = encoded((page.older,)) if page.older else None
    return OutboxOut(
        items=[LineOut.of(line) for line in page.lines], figures=FiguresOut.of(page.figures), next=following
    )


@write("/outbox/<row>/retry", _P.OPERATE, Done, body=Retry, tag=TAG)
def retry(session: Session, row: str, json_data: Retry) -> Done:
    """Try a dead write again."""
    absent = json_data.surely_absent
    service.retry(session, here.actor(), row_id(row, "row of the outbox"), here.now(), surely_absent=absent)
    return DONE


@write("/outbox/<row>/discard", _P.OPERATE, Done, body=Discard, tag=TAG)
def discard(session: Session, row: str, json_data: Discard) -> Done:
    """Give a write up: it is not sent, and what waits behind it goes on."""
    service.discard(session, here.actor(), row_id(row, "row of the outbox"), here.now(), json_data.reason)
    return DONE
