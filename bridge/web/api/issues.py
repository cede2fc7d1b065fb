"""/clusters, /remedies, /together and /views: the ranked list, as far as the reader's role may see it."""

from __future__ import annotations

from urllib.parse import parse_qs

from sqlmodel import Session

from bridge.service import issues as service
from bridge.service import ranking as stored
from bridge.service import saved_views
from bridge.service.access import Permission
from bridge.service.issue_filters import Filters, parse
from bridge.service.issue_list import Part, Place, issues_from
from bridge.service.issue_money import Sight, sight_of
from bridge.web import here
from bridge.web.api.asked import issue_id, row_id
from bridge.web.api.blueprint import read, write
from bridge.web.api.paging import encoded, numbers
from bridge.web.api.schemas.common import DONE, Done
from bridge.web.api.schemas.issues import (
    AnyIssues,
    IssueQuery,
    IssuesOut,
    IssuesPlain,
    IssuesSums,
    Kept,
    NewView,
    PlanQuery,
    PlanRow,
    Plans,
    RankingOut,
    RankingQuery,
    RowOut,
    RowPlain,
    RowSums,
    TogetherOut,
    TogetherQuery,
    ViewOut,
    Views,
)

TAG = "Issues"
_MAY = Permission.READ_CLUSTERS


@read("/clusters", _MAY, AnyIssues, query=IssueQuery, tag=TAG)
def clusters(query_data: IssueQuery) -> AnyIssues:
    """Issues by rank, or as asked."""
    filters = query_data.filters(sees_money=sight_of(here.actor()) is Sight.ALL)
    part, following = _part(filters, query_data.cursor, query_data.limit)
    head = {"total": part.total, "currency": part.currency, "as_of": part.as_of, "next": following}
    sight = sight_of(here.actor())
    if sight is Sight.ALL:
        return AnyIssues(IssuesOut(items=[RowOut.of(row) for row in part.rows], **head))
    if sight is Sight.SUMS:
        return AnyIssues(IssuesSums(items=[RowSums.of(row) for row in part.rows], **head))
    return AnyIssues(IssuesPlain(items=[RowPlain.of(row) for row in part.rows], **head))


@read("/remedies", _MAY, Plans, query=PlanQuery, tag="Remedies")
def plans(query_data: PlanQuery) -> Plans:
    """Plans by the rank of their issues; `need` finds those that wait for somebody."""
    filters = Filters(state=tuple(map(str, query_data.state)), need=tuple(map(str, query_data.need)))
    part, following = _part(filters, query_data.cursor, query_data.limit, planned=True)
    return Plans(items=[PlanRow.of(row) for row in part.rows], total=part.total, next=following)


@read("/together", _MAY, TogetherOut, query=TogetherQuery, tag=TAG)
def together(query_data: TogetherQuery) -> TogetherOut:
    """What several issues put at risk together."""
    ids = [issue_id(text) for text in query_data.issues]
    with here.reading() as session:
        return TogetherOut.of(service.together(session, here.actor(), ids, at=here.now()))


@read("/ranking", Permission.READ_VALUE, RankingOut, query=RankingQuery, tag=TAG)
def ranking(query_data: RankingQuery) -> RankingOut:
    """A stored ranking, now or then."""
    which = stored.Which(query_data.snapshot, query_data.as_of, query_data.config_version)
    ids = None if query_data.issues is None else [issue_id(text) for text in query_data.issues]
    with here.reading() as session:
        return RankingOut(**stored.export(session, here.actor(), now=here.now(), which=which, issues=ids))


@read("/views", _MAY, Views, tag=TAG)
def views() -> Views:
    """Filters that come with the house, and those that one keeps."""
    with here.reading() as session:
        found = service.board(session, here.actor(), Filters(), at=here.now()).views
    return Views(items=[ViewOut.of(view) for view in found])


@write("/views", _MAY, Kept, body=NewView, status=201, tag=TAG)
def keep_view(session: Session, json_data: NewView) -> Kept:
    """Keep filters under a name; a name that is there already gets the new ones."""
    sees = sight_of(here.actor()) is Sight.ALL
    filters = parse(parse_qs(json_data.query), sees_money=sees)
    view = saved_views.save_view(session, here.actor(), json_data.name, filters, at=here.now())
    return Kept(id=view.id or 0, name=view.name, query=view.query)


@write("/views/<view>", _MAY, Done, method="delete", tag=TAG)
def drop_view(session: Session, view: str) -> Done:
    """Remove one of one's own."""
    saved_views.drop_view(session, here.actor(), row_id(view, "view"))
    return DONE


def _part(filters: Filters, cursor: str | None, limit: int, *, planned: bool = False) -> tuple[Part, str | None]:
    after = numbers(cursor, 2)
    place = Place(*after) if after else None
    with here.reading() as session:
        part = issues_from(session, here.actor(), filters, place, limit, at=here.now(), planned=planned)
    return part, encoded((part.last.position, part.last.cluster_id)) if part.last else None
