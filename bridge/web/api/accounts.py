"""/accounts and /segments, for people who may read values."""

from __future__ import annotations

from bridge.service import accounts as service
from bridge.service.access import Permission
from bridge.web import here
from bridge.web.api.asked import row_id
from bridge.web.api.blueprint import read
from bridge.web.api.schemas.accounts import AccountWhole, SegmentOut, Segments

TAG = "Accounts"
_MAY = Permission.READ_VALUE


@read("/accounts/<account>", _MAY, AccountWhole, tag=TAG)
def account(account: str) -> AccountWhole:
    """One account with the issues that hurt it."""
    with here.reading() as session:
        return AccountWhole.of(service.account(session, here.actor(), row_id(account, "account"), at=here.now()))


@read("/segments", _MAY, Segments, tag=TAG)
def segments() -> Segments:
    """Segments, with what they hold."""
    with here.reading() as session:
        rows, currency = service.segments(session, here.actor(), at=here.now())
    return Segments(items=[SegmentOut.of(row) for row in rows], currency=currency)
