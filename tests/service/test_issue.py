"""One issue whole: every role sees its part and no more, figures add up, and size costs no more queries."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event

from bridge.service import clusters, remedies
from bridge.service.access import Actor, Forbidden
from bridge.service.errors import UnknownId
from bridge.service.issue import IssueView, Pages, issue
from bridge.service.issue_members import PAGE, Sample, TicketRow, quotes
from bridge.store.db import Database
from bridge.words import Role
from tests.pipeline.loop import MODEL, PM, Loop, three_issues, ticket
from tests.pipeline.other_side import START

NOTE = "canary-internal-note"
NAMES = ("Acme", "Borealis", "Cobalt")
MAX_QUERIES = 40


def who(role: Role, **scope: Any) -> Actor:
    return Actor(f"the {role.value}", role, **scope)


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def look(loop: Loop, cluster_id: int, actor: Actor = PM, **pages: int) -> IssueView:
    with loop.db.read() as session:
        return issue(session, actor, cluster_id, loop.clock(), model=MODEL, pages=Pages(**pages))


def everything(view: IssueView) -> str:
    return json.dumps(dataclasses.asdict(view), default=str)


def furnish(loop: Loop) -> int:
    """A cluster with a plan that holds internal words."""
    first, *_ = three_issues(loop)
    loop.embed()
    changes = {"state": "investigating", "owner": "R. Diaz", "internal_notes": NOTE, "cause_internal": NOTE}
    loop.decide(remedies.edit, first, {**changes, "say": "We look into it."}, reason=f"because {NOTE}")
    loop.decide(remedies.approve, first)
    loop.clock.pass_(60)
    loop.rank()
    return first


def test_product_manager_sees_parts_that_sum(loop: Loop) -> None:
    view = look(loop, furnish(loop))
    assert view.score is not None
    assert sum(part.amount for part in view.score.parts) == view.score.whole == round(view.score.score)
    ends = [part.start + part.amount for part in view.score.parts]
    assert [part.start for part in view.score.parts] == [0, *ends[:-1]]
    assert {part.name for part in view.score.parts} == {"Acme", "Borealis", "Momentum"}
    assert view.accounts is not None
    assert [row.name for row in view.accounts.rows] == ["Acme", "Borealis"]
    assert sum(row.share for row in view.accounts.rows) == pytest.approx(1)
    assert {row.account for row in view.members.rows} == {"Acme", "Borealis"}
    assert view.plan.internal is not None
    assert view.plan.internal.notes == NOTE
    without = view.score.without_largest
    assert without is not None
    assert (without.name, without.score < view.score.score) == ("Acme", True)


def test_workarounds_are_told_with_the_rank_they_would_give(loop: Loop) -> None:
    view = look(loop, furnish(loop))
    assert view.score is not None
    told = {other.name: other.score / view.score.score for other in view.score.what_if}
    assert told == {"partial workaround": pytest.approx(0.7), "full workaround, verified": pytest.approx(0.4)}
    assert all(other.rank >= 1 for other in view.score.what_if)


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPPLIER_MANAGER])
def test_no_value_and_no_name_without_the_permission(loop: Loop, role: Role) -> None:
    loop.account("Dandelion Couriers", 33_333.0, "dandelion.example")
    loop.put(ticket("77", "Login fails at Dandelion Couriers", requester="d@dandelion.example"))
    cluster = furnish(loop)
    loop.decide(clusters.move, [loop.id_of("77")], cluster)
    loop.embed()
    text = everything(look(loop, cluster, who(role)))
    assert not [name for name in (*NAMES, "Dandelion", "240000", "33333") if name in text]


def test_internal_words_only_for_those_who_may_read_them(loop: Loop) -> None:
    cluster = furnish(loop)
    assert NOTE in everything(look(loop, cluster, who(Role.AGENT)))
    assert NOTE not in everything(look(loop, cluster, who(Role.SUPPLIER_MANAGER)))


def test_sums_over_few_accounts_are_bands(loop: Loop) -> None:
    view = look(loop, furnish(loop), who(Role.SUPPLIER_MANAGER))
    assert (view.score, view.accounts) == (None, None)
    assert view.sums is not None
    assert (view.sums.score.amount, view.sums.score.band) == (None, "10–100k")
    assert all(part.amount is None for _, part in view.sums.segments)
    assert look(loop, view.cluster_id, who(Role.AGENT)).sums is None


@pytest.mark.parametrize("role", [Role.SUPPLIER_AGENT, Role.SUPPLIER_CONTACT])
def test_suppliers_people_do_not_read_issues(loop: Loop, role: Role) -> None:
    cluster = furnish(loop)
    with pytest.raises(Forbidden):
        look(loop, cluster, who(role))


def test_text_only_of_tickets_in_scope(loop: Loop) -> None:
    cluster = furnish(loop)
    view = look(loop, cluster, who(Role.AGENT, connections=frozenset({"another"})))
    assert (view.members.rows, view.quotes) == ((), ())
    assert view.counts.total == 2
    with loop.db.read() as session:
        acme = next(i for n, i in _accounts(session) if n == "Acme")
    seen = look(loop, cluster, who(Role.CSM, accounts=frozenset({acme})))
    assert [row.name for row in seen.members.rows] == ["1"]


def _accounts(session: Any) -> list[tuple[str, int]]:
    from sqlmodel import select

    from bridge.store.accounts import Account

    return list(session.exec(select(Account.name, Account.id)))


def test_merged_id_leads_to_the_winner(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    loop.decide(clusters.merge_clusters, second, first)
    view = look(loop, second)
    assert (view.cluster_id, view.merged_from) == (first, f"IB-{second}")
    [row] = [row for row in view.log.rows if "merged" in row.words]
    assert row.words == f"merged IB-{second} into this issue, 2 tickets"
    assert row.undo is not None
    assert look(loop, first, who(Role.AGENT)).log.rows[0].undo is None


def test_ticket_that_left_is_told_on_both_sides_and_undone_from_either(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    loop.decide(clusters.move, [loop.id_of("1")], second)
    here, there = look(loop, first).log.rows[0], look(loop, second).log.rows[0]
    assert here.words == f"took 1 ticket out, to IB-{second}"
    assert there.words == f"moved 1 ticket here from IB-{first}"
    assert here.undo == there.undo
    loop.decide(clusters.undo, event_id=here.undo)
    assert {row.undone_by for row in (look(loop, first).log.rows[0], look(loop, second).log.rows[0])} == {PM.name}


def test_unknown_id(loop: Loop) -> None:
    with pytest.raises(UnknownId):
        look(loop, 4711)


def test_unranked_issue_is_shown(loop: Loop) -> None:
    three_issues(loop)
    with loop.db.write() as session:
        from bridge.store.memberships import open_cluster

        empty = open_cluster(session, "New", loop.clock()).id or 0
    view = look(loop, empty)
    assert (view.rank, view.score, view.accounts, view.members.rows) == (None, None, None, ())


def test_plan_and_telling_stand_in_the_timeline(loop: Loop) -> None:
    cluster = furnish(loop)
    loop.push()
    loop.deliver()
    line = look(loop, cluster).timeline
    assert [mark.word for mark in line.plan] == ["investigating, draft", "investigating"]
    assert [mark.word for mark in line.told] == ["revision 2: 2 tickets"]
    assert sum(count for _, count in line.tickets) + line.earlier == 2
    assert look(loop, cluster).plan.told == 2


def test_large_issue_pages_and_costs_no_more_queries(loop: Loop) -> None:
    small = furnish(loop)
    for number in range(30):
        loop.account(f"Company {number}", 1_000.0 + number, f"c{number}.example")
    at = START - timedelta(days=1)
    names = [f"b{n}" for n in range(PAGE + 20)]
    loop.put(*(ticket(name, "Sync broke", requester=f"x@c{i % 30}.example", at=at) for i, name in enumerate(names)))
    loop.pull()
    loop.embed()
    big = loop.cluster("Sync broke", *names)
    loop.rank()
    look(loop, big)
    few, many = _queries(loop, small), _queries(loop, big)
    assert many <= few + 1
    assert many <= MAX_QUERIES
    first, second = look(loop, big), look(loop, big, accounts=2, members=2)
    assert (len(first.members.rows), len(second.members.rows)) == (PAGE, 20)
    assert not {r.ticket_id for r in first.members.rows} & {r.ticket_id for r in second.members.rows}
    assert first.accounts is not None
    assert second.accounts is not None
    assert (len(first.accounts.rows), len(second.accounts.rows)) == (25, 5)
    assert first.score is not None
    rest = first.score.parts[10]
    assert rest.name == "and 20 more accounts"
    assert sum(part.amount for part in first.score.parts) == first.score.whole
    assert len(first.quotes) == 1, "seventy tickets that say the same make one quote"


def _queries(loop: Loop, cluster_id: int) -> int:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(loop.db.engine, "before_cursor_execute", note)
    try:
        look(loop, cluster_id)
    finally:
        event.remove(loop.db.engine, "before_cursor_execute", note)
    return len(seen)


def test_similar_issues_are_found_by_their_tickets(loop: Loop) -> None:
    loop.account("Acme", 240_000.0, "acme.example")
    loop.put(
        ticket("1", "Export of orders fails"), ticket("2", "Export of orders fails again"), ticket("3", "Blue is ugly")
    )
    loop.pull()
    loop.embed()
    one, two, _ = loop.cluster("One", "1"), loop.cluster("Two", "2"), loop.cluster("Three", "3")
    loop.rank()
    assert [other.cluster_id for other in look(loop, one).similar] == [two]
    loop.decide(clusters.merge_clusters, two, one)
    assert look(loop, one).similar == ()


def test_a_lone_name_is_quoted_only_where_nobody_writes_a_sentence() -> None:
    vectors = np.eye(3, dtype=np.float32)
    rows = [
        row(number, body) for number, body in enumerate(["Mabel", "the label prints crooked since Monday", "URGENT!"])
    ]

    assert [t.id for t in quotes(Sample(rows, vectors, None))] == [1]
    assert [t.id for t in quotes(Sample([rows[0]], vectors[:1], None))] == [0]


def row(number: int, body: str) -> TicketRow:
    empty = dict.fromkeys(TicketRow._fields)
    return TicketRow(**{**empty, "id": number, "embed_text": f"Subject\n{body}"})
