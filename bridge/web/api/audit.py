"""/audit and /erasures."""

from __future__ import annotations

from flask import after_this_request
from sqlmodel import Session
from werkzeug.wrappers import Response

from bridge.service import audit as service
from bridge.service import erase as erasing
from bridge.service.access import Permission
from bridge.service.audit import Filters
from bridge.service.erase import Target
from bridge.service.errors import UnknownId
from bridge.web import here
from bridge.web.api.blueprint import read, write
from bridge.web.api.paging import encoded, number
from bridge.web.api.schemas.audit import Audit, AuditQuery, ChainOut, EntryOut, Erase, ErasureOut, What

TAG = "Audit"
_MAY = Permission.ADMINISTER


@read("/audit", _MAY, Audit, query=AuditQuery, tag=TAG)
def audit(query_data: AuditQuery) -> Audit:
    """Every decision, the newest first."""
    asked = query_data
    filters = Filters(asked.who, asked.kind, asked.subject, asked.since, asked.until, asked.people)
    with here.reading() as session:
        page = service.audit(session, here.actor(), filters, number(asked.cursor), asked.limit)
    following = encoded((page.older,)) if page.older else None
    return Audit(items=[EntryOut.of(entry) for entry in page.entries], next=following)


@read("/audit/chain", _MAY, ChainOut, tag=TAG)
def chain() -> ChainOut:
    """The chain of hashes over the log."""
    with here.reading() as session:
        return ChainOut.of(service.chain_state(session, here.actor()))


@write("/erasures/preview", _MAY, ErasureOut, body=What, tag=TAG)
def preview(session: Session, json_data: What) -> ErasureOut:
    """What would be erased; nothing changes. A POST, because an address of a person belongs into no log."""
    return ErasureOut.of(erasing.preview(session, here.actor(), _target(session, json_data)))


@write("/erasures", _MAY, ErasureOut, body=Erase, tag=TAG)
def erase(session: Session, json_data: Erase) -> ErasureOut:
    """Erase for good. What was sent out is listed, to be erased there."""
    after_this_request(_forget)
    target = _target(session, json_data)
    return ErasureOut.of(erasing.erase(session, here.actor(), target, reason=json_data.reason, at=here.now()))


def _target(session: Session, asked: What) -> Target:
    """The refusal is kept with the key of a request, so it names nobody."""
    try:
        return erasing.find(session, here.actor(), asked.kind, asked.name, here.bridge().secret)
    except UnknownId:
        raise UnknownId(f"there is no such {asked.kind}") from None


def _forget(response: Response) -> Response:
    """After the transaction: the database's own log of changes lets go, too."""
    here.bridge().forget()
    return response
