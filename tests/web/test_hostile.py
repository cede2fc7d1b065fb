"""Ticket text is hostile: the corpus is shown on every page in a real browser, and nothing of it runs or calls out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bridge.service import clusters, remedies
from bridge.store.accounts import Account
from bridge.store.clusters import Cluster
from bridge.store.outbox import OutboxRow, TrackerItem
from bridge.store.remedies import PlanRevision
from bridge.store.sync import note_failure
from bridge.store.tickets import SetAside, Ticket
from bridge.words import Role
from tests.pipeline.loop import ticket
from tests.web.hostile import HOSTILE, MARK
from tests.web.house import House, furnished_house
from tests.web.test_look import tab
from tests.web.tour import pages


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = furnished_house(Path(tmp_path_factory.mktemp("hostile")) / "home")
    _poison(made)
    yield made
    made.db.dispose()


def _poison(house: House) -> None:
    """Hostile text in every place that an outsider's words can reach."""
    loop, at = house.loop, house.loop.clock() - timedelta(days=1)
    for n, text in enumerate(HOSTILE):
        loop.put(ticket(f"9{n:02}", text, body=f"{text} body", requester=f"h{n}@acme.example", at=at, group="tier-1"))
    loop.pull()
    loop.embed()
    own = [f"9{n:02}" for n in range(len(HOSTILE))]
    loop.cluster(HOSTILE[0], *own)
    with house.db.write() as session:
        vat = [row for row in session.exec(select(Ticket)) if row.source_id.startswith("10")]
        for row, text in zip(vat, HOSTILE, strict=False):
            row.subject, row.assignee = text, text
        cluster = session.get_one(Cluster, house.ids["vat"])
        cluster.title, cluster.phrases = HOSTILE[1], list(HOSTILE[:6])
        session.get_one(Cluster, house.ids["export"]).title = HOSTILE[15]
        for number, account in enumerate(session.exec(select(Account))):
            account.name = f"{HOSTILE[number]} {number}"
        for item in session.exec(select(TrackerItem)):
            item.title, item.status = HOSTILE[4], HOSTILE[5][:60]
        plan = [row for row in session.exec(select(PlanRevision)) if row.confidence == "approved"]
        for revision in plan:
            said = dict.fromkeys(("say", "say_short", "dont_say", "escalation_contact", "owner"), HOSTILE[2])
            revision.fields = {**revision.fields, **said, "workaround.steps_customer": HOSTILE[15]}
        note_failure(session, "desk", "tickets", at, HOSTILE[0], auth=False)
        seen = {"first_seen_at": at, "last_seen_at": at}
        session.add(
            SetAside(
                connection="desk", stream="tickets", ref="1", reason=HOSTILE[1], hash="x", excerpt=HOSTILE[2], **seen
            )
        )
        session.add(
            OutboxRow(
                key="k",
                stream="s",
                kind="comment",
                connection="tracker",
                state="dead",
                error=HOSTILE[3],
                due_at=at,
                created_at=at,
            )
        )
    loop.rank()
    loop.decide(clusters.publish, house.ids["export"], reason=HOSTILE[0])
    loop.decide(
        remedies.edit, house.ids["export"], {"say": HOSTILE[1], "internal_notes": HOSTILE[2]}, reason=HOSTILE[3]
    )


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPPLIER_AGENT, Role.AGENT])
@pytest.mark.parametrize("size", [(1280, 900), (400, 800)], ids=lambda size: str(size[0]))
def test_hostile_text_is_only_text(house: House, chromium: Any, role: Role, size: tuple[int, int]) -> None:
    wrong: list[str] = []
    shown = 0
    with house.live() as url, tab(chromium, house, url, role, size) as (page, said):
        page.on("dialog", lambda dialog: (wrong.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        for path in pages(house, role):
            page.goto(url + path)
            if page.evaluate("window.__alarm"):
                wrong.append(f"{path}: a script ran")
            if page.url.split("?")[0] != url + path.split("?")[0]:
                wrong.append(f"{path}: led to {page.url}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > size[0]:
                wrong.append(f"{path}: {wide} px wide")
            shown += MARK in page.content()
            wrong += [f"{path}: {text}" for text in said if "favicon" not in text]
            said.clear()
    assert wrong == []
    assert shown, "no page showed any of the corpus"
