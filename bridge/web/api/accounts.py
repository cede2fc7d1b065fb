"""/accounts and /segments, for people who may read values."""

from __future__ import annotations

from sqlmodel import Session

from bridge.service import accounts as service
from bridge.service import strangers
from bridge.service.access import Permission
from bridge.service.account_list import accounts_from
from bridge.service.account_values import set_uplift, set_value
from bridge.service.accounts import Filters
from bridge.web import here
from bridge.web.api.asked import row_id
from bridge.web.api.blueprint import read, write
from bridge.web.api.paging import encoded, number
from bridge.web.api.schemas.accounts import (
    AccountOut,
    AccountQuery,
    Accounts,
    AccountSums,
    AccountWhole,
    SegmentOut,
    Segments,
    UpliftIn,
    ValueIn,
)
from bridge.web.api.schemas.strangers import ResolveIn, StrangersOut, StrangersQuery, TakeBackIn

TAG = "Accounts"
_MAY = Permission.READ_VALUE
_CHANGE = Permission.EDIT_VALUES


@read("/accounts", _MAY, Accounts, query=AccountQuery, tag=TAG)
def accounts(query_data: AccountQuery) -> Accounts:
    """Accounts in the order in which they came in."""
    asked = query_data
    filters = Filters(find=asked.find, segment=asked.segment, only=asked.only)
    with here.reading() as session:
        part = accounts_from(session, here.actor(), filters, number(asked.cursor), asked.limit, at=here.now())
    items = [AccountOut.of(row) for row in part.rows]
    following = encoded((items[-1].id,)) if part.more else None
    return Accounts(items=items, found=AccountSums.of(part.found), currency=part.currency, next=following)


@read("/accounts/<account>", _MAY, AccountWhole, tag=TAG)
def account(account: str) -> AccountWhole:
    """One account with the issues that hurt it."""
    with here.reading() as session:
        return AccountWhole.of(service.account(session, here.actor(), row_id(account, "account"), at=here.now()))


@write("/accounts/<account>/values/<name>", _CHANGE, AccountWhole, body=ValueIn, tag=TAG, method="put")
def set_account_value(session: Session, account: str, name: str, json_data: ValueIn) -> AccountWhole:
    """A person's word for one field: it counts before files and desks until it is withdrawn."""
    account_id, body = row_id(account, "account"), json_data
    set_value(session, here.actor(), account_id, name, body.value, body.reason or "", at=here.now())
    return AccountWhole.of(service.account(session, here.actor(), account_id, at=here.now()))


@write("/accounts/<account>/uplift", _CHANGE, AccountWhole, body=UpliftIn, tag=TAG, method="put")
def set_account_uplift(session: Session, account: str, json_data: UpliftIn) -> AccountWhole:
    """What the account is worth beyond what it pays, with who says so, why and until when."""
    account_id, body = row_id(account, "account"), json_data
    set_uplift(session, here.actor(), account_id, body.amount, body.reason or "", body.until, at=here.now())
    return AccountWhole.of(service.account(session, here.actor(), account_id, at=here.now()))


@read("/accounts/unidentified", _MAY, StrangersOut, query=StrangersQuery, tag=TAG)
def unidentified(query_data: StrangersQuery) -> StrangersOut:
    """Companies that write and that no account claims."""
    with here.reading() as session:
        page = strangers.unidentified(session, here.actor(), at=here.now(), page=query_data.page)
        return StrangersOut.of(page)


@write("/accounts/unidentified/resolve", _CHANGE, StrangersOut, body=ResolveIn, tag=TAG)
def resolve(session: Session, json_data: ResolveIn) -> StrangersOut:
    """Say who a company is. No import changes it."""
    body = json_data
    strangers.resolve(session, here.actor(), body.key, body.verdict, body.account, at=here.now())
    return StrangersOut.of(strangers.unidentified(session, here.actor(), at=here.now()))


@write("/accounts/unidentified/undo", _CHANGE, StrangersOut, body=TakeBackIn, tag=TAG)
def unresolve(session: Session, json_data: TakeBackIn) -> StrangersOut:
    """What was said of a domain or a name no longer holds."""
    strangers.take_back(session, here.actor(), json_data.kind, json_data.value, at=here.now())
    return StrangersOut.of(strangers.unidentified(session, here.actor(), at=here.now()))


@read("/segments", _MAY, Segments, tag=TAG)
def segments() -> Segments:
    """Segments, with what they hold."""
    with here.reading() as session:
        rows, currency = service.segments(session, here.actor(), at=here.now())
    return Segments(items=[SegmentOut.of(row) for row in rows], currency=currency)
