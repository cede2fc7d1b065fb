"""Pages ask the database a bounded number of things, however much there is to show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlmodel import select

from bridge.service import clusters
from bridge.store.tickets import Ticket
from bridge.words import Role, display_id
from tests.pipeline.loop import ticket
from tests.web.house import House

MORE_TICKETS, MORE_ISSUES = 30, 30

PAGES = [
    ("/issues", Role.PRODUCT_MANAGER, 8),
    ("/issues?q=vat&sort=accounts", Role.PRODUCT_MANAGER, 8),
    ("/issues", Role.AGENT, 8),
    ("/issues", Role.SUPPLIER_MANAGER, 8),
    ("/issues/{vat}", Role.PRODUCT_MANAGER, 39),
    ("/issues/{vat}", Role.AGENT, 30),
    ("/issues/{vat}", Role.CSM, 43),
    ("/issues/{vat}/remedy", Role.PRODUCT_MANAGER, 16),
    ("/t/desk/101", Role.AGENT, 17),
    ("/t/desk/101", Role.SUPPLIER_AGENT, 21),
    ("/i/{vat}", Role.AGENT, 12),
    ("/find?q=wrong+VAT+total", Role.AGENT, 18),
    ("/accounts", Role.PRODUCT_MANAGER, 14),
    ("/connections", Role.ADMIN, 22),
    ("/connections/desk", Role.ADMIN, 20),
    ("/outbox", Role.ADMIN, 9),
    ("/users", Role.ADMIN, 9),
    ("/audit", Role.ADMIN, 9),
]


@contextmanager
def counting(house: House) -> Iterator[list[str]]:
    """The statements that are sent in the block, without the BEGIN of each session."""
    asked: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    event.listen(house.db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(house.db.engine, "before_cursor_execute", note)


def look(house: House, client: FlaskClient, path: str) -> list[str]:
    """The statements of one look, after another one has filled what the process keeps."""
    address = path.format(**{name: display_id(id_) for name, id_ in house.ids.items()})
    first = client.get(address)
    assert first.status_code == 200, f"{address}: {first.status_code} {first.headers.get('Location')}"
    with counting(house) as asked:
        client.get(address)
    return asked


def grow(house: House) -> None:
    """More tickets in the first issue, many more issues, each with a ticket of its own account."""
    loop, at = house.loop, house.loop.clock() - timedelta(days=4)
    loop.clock.pass_(60)
    new = {"at": at, "updated_at": loop.clock()}
    names = [f"Grown {n} Lamps" for n in range(MORE_ISSUES)]
    for n, name in enumerate(names):
        loop.account(name, 10_000.0 + n, f"grown{n}.example")
        loop.put(ticket(f"9{n:03}", f"Another fault {n}", requester=f"x@grown{n}.example", **new))
    vat = [f"8{n:03}" for n in range(MORE_TICKETS)]
    for n, id_ in enumerate(vat):
        loop.put(ticket(id_, f"VAT total wrong again {n}", requester=f"y@grown{n}.example", **new))
    loop.pull()
    loop.embed()
    for n in range(MORE_ISSUES):
        loop.cluster(f"Another fault {n}", f"9{n:03}")
    more = loop.cluster("VAT total wrong again", *vat)
    loop.decide(clusters.merge_clusters, more, house.ids["vat"])
    loop.clock.pass_(600)
    loop.rank()


@pytest.fixture
def both(house: House) -> tuple[dict[tuple[str, Role], list[str]], House]:
    """What every page asked in a small house, and the same house when it has grown."""
    small = {(path, role): look(house, house.client(role), path) for path, role, _ in PAGES}
    grow(house)
    return small, house


def test_no_page_asks_more_of_a_larger_house_and_none_too_much(
    both: tuple[dict[tuple[str, Role], list[str]], House],
) -> None:
    small, house = both
    with house.db.read() as session:
        assert len(session.exec(select(Ticket.id)).all()) >= MORE_TICKETS + MORE_ISSUES
    told = []
    for path, role, most in PAGES:
        asked = look(house, house.client(role), path)
        few = small[path, role]
        if len(asked) > most or len(asked) > len(few) + 2:
            told.append(f"{path} as {role.value}: {len(few)} statements, then {len(asked)}; {most} at most")
    assert not told, "\n".join(told)


def test_answers_tell_their_time_and_statements(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    asked = look(house, client, "/issues")
    told = client.get("/issues").headers["Server-Timing"]
    assert told.startswith("app;dur=")
    assert int(told.split('desc="')[1].split()[0]) >= len(asked)
