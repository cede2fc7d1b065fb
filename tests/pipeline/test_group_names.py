"""Names of issues that have outgrown them, and the names that nobody may change but a person."""

from __future__ import annotations

import pytest

from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.events import Event
from tests.pipeline.loop import Loop, ticket
from tests.pipeline.other_side import START

LOGIN = "Login page fails with blank screen after update"


@pytest.fixture
def loop(db: Database) -> Loop:
    made = Loop(db)
    made.put(*(ticket(f"L{n}", LOGIN, body=LOGIN) for n in range(6)))
    made.pull()
    made.embed()
    made.group()
    return made


def regroup(loop: Loop, **columns: object) -> Cluster:
    """After a consolidation in which the one issue had these columns."""
    (id_,) = set(loop.places().values())
    with loop.db.write() as session:
        cluster = session.get_one(Cluster, id_)
        for name, value in columns.items():
            setattr(cluster, name, value)
        session.add(cluster)
    loop.group(consolidating=True)
    (after,) = loop.rows(Cluster)
    assert isinstance(after, Cluster)
    return after


def test_the_model_remembers_how_many_it_named(loop: Loop) -> None:
    (cluster,) = loop.rows(Cluster)
    assert (cluster.title, cluster.titled_of) == (LOGIN, 6)


def test_an_outgrown_name_is_replaced_and_told(loop: Loop) -> None:
    after = regroup(loop, title="Urgent", titled_of=2)
    assert (after.title, after.title_by, after.titled_of) == (LOGIN, "model", 6)
    told = [row for row in loop.rows(Event) if row.kind == "cluster.renamed"]
    assert [(row.actor, row.after) for row in told] == [("model", {"by": "model", "tickets": 6})]
    assert regroup(loop).title == LOGIN
    assert len([row for row in loop.rows(Event) if row.kind == "cluster.renamed"]) == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"titled_of": 3},
        {"titled_of": 0},
        {"titled_of": 2, "title_by": "Ann"},
        {"titled_of": 2, "approved_at": START},
        {"titled_of": 2, "locked_at": START, "locked_by": "Ann"},
    ],
)
def test_what_people_know_an_issue_by_stays(loop: Loop, columns: dict[str, object]) -> None:
    assert regroup(loop, title="Urgent", **columns).title == "Urgent"
