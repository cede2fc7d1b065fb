"""A week of traffic against a tracker: how often its issues are touched, and why: python -m benchmarks.touches

Tickets arrive, are answered and change places in the ranking, seeded; every hour the steps run as in a sync, on a
clock of their own. Beside it stands what would have been written if every change of the text or of the rank's priority
were sent. ``--tracker redmine`` starts the real one by the tests' recipe, ``fake`` the tests' stand-in for it.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bridge.analysis import touching
from bridge.pipeline.publish import Policy, Publisher
from bridge.service import clusters, publishing
from bridge.store import tables
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.outbox import OutboxRow, TrackerLink
from bridge.store.publishing import approved_clusters, last_scores
from connectors.redmine import Redmine
from tests.connectors.redmine.fake import KEY, FakeRedmine
from tests.pipeline.loop import Loop, ticket
from tests.services.servers import RedmineServer, running
from tests.services.smtp_sink import SmtpSink

EVERY = timedelta(hours=1)
POLICY = Policy(automatic=True, top=20, min_accounts=2)
SWINGS = timedelta(days=2)
"""A priority that goes back to what it was within so long has flapped."""


@dataclass
class Week:
    """``issues`` clusters, the popular ones hit far more often; ``tickets`` arrive a day."""

    loop: Loop
    seed: int = 0
    issues: int = 40
    accounts: int = 120
    tickets: int = 60
    made: int = 0
    clusters: list[int] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    naive: Counter[str] = field(default_factory=Counter)
    seen: dict[int, tuple[str, str]] = field(default_factory=dict)
    priorities: dict[int, list[tuple[Any, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        for number in range(self.accounts):
            self.loop.account(f"Account{number}", self.dice.lognormvariate(10, 1.2), f"a{number}.example")
        history: list[list[str]] = [[] for _ in range(self.issues)]
        for _ in range(6 * self.issues):
            history[self._popular()].append(self._arrive(timedelta(days=self.dice.uniform(1, 60))))
        self.loop.pull()
        for number, names in enumerate(history):
            if names:
                self.clusters.append(self.loop.cluster(f"Thing number {number} fails", *names))
        self.step()

    def _popular(self) -> int:
        return min(int(self.dice.paretovariate(0.7)) - 1, self.issues - 1)

    def _arrive(self, ago: timedelta = timedelta(0)) -> str:
        self.made += 1
        name, who = str(self.made), self.dice.randrange(self.accounts)
        at = self.loop.clock() - ago
        priority = self.dice.choice(("low", "normal", "high", "urgent"))
        self.loop.put(ticket(name, requester=f"u@a{who}.example", at=at, priority=priority))
        self.opened.append(name)
        return name

    def pass_an_hour(self) -> None:
        """New tickets, answers, and a sync."""
        per_step = self.tickets * EVERY / timedelta(days=1)
        arrived = int(per_step) + (self.dice.random() < per_step % 1)
        new = [(self._arrive(), self._popular()) for _ in range(arrived)]
        for _ in range(min(arrived, len(self.opened) - 1)):
            name = self.opened.pop(self.dice.randrange(len(self.opened) - 1))
            old = self.loop.desk.ticket(name)
            self.loop.put(replace(old, status="solved", updated_at=self.loop.clock()))
        self.loop.pull()
        for name, place in new:
            target = self.clusters[min(place, len(self.clusters) - 1)]
            self.loop.decide(clusters.move, [self.loop.id_of(name)], target)
        self.loop.clock.moment += EVERY - timedelta(seconds=60)
        self.step()

    def step(self) -> None:
        self.loop.rank()
        self._note_what_others_would_write()
        self.loop.send(POLICY)
        for link in self.loop.rows(TrackerLink):
            log = self.priorities.setdefault(link.cluster_id, [])
            level = link.written.get("priority", "")
            if level and (not log or log[-1][1] != level):
                log.append((self.loop.clock(), level))

    def _note_what_others_would_write(self) -> None:
        """Every change of the text, and of the priority by the bare rank."""
        with self.loop.db.read() as session:
            scores = last_scores(session)
            published = approved_clusters(session)
            work = Publisher(session, "tracker", POLICY, scores, published, self.loop.clock())
            work.links = {}
            for cluster in published:
                whole = work.intent(cluster).whole
                if not whole or cluster.id is None or cluster.id not in scores:
                    continue
                now = whole["body"], touching.band(scores[cluster.id].rank)
                before = self.seen.get(cluster.id, now)
                self.seen[cluster.id] = now
                self.naive["text"] += now[0] != before[0]
                self.naive["priority"] += now[1] != before[1]

    def flapped(self) -> int:
        """Priorities that went back to what they were within ``SWINGS``."""
        return sum(
            log[i][1] == log[i + 2][1] and log[i + 2][0] - log[i + 1][0] <= SWINGS
            for log in self.priorities.values()
            for i in range(len(log) - 2)
        )

    def told(self) -> dict[str, Any]:
        """What left, and why; ``why`` by the first word of each reason."""
        rows, links = self.loop.rows(OutboxRow), self.loop.rows(TrackerLink)
        touches = self.loop.rows(Event, kind="tracker.touched")
        why = Counter(_kind(reason) for event in touches for reason in event.after["why"])
        per_issue = Counter(row.subject_id for row in rows if row.kind == "update_issue" and row.state == "sent")
        return {
            "issues in the tracker": len(links),
            "tickets": self.made,
            "created": sum(row.kind == "create_issue" and row.state == "sent" for row in rows),
            "touched": sum(per_issue.values()),
            "most of one issue": max(per_issue.values(), default=0),
            "of them with another priority": sum(max(len(log) - 1, 0) for log in self.priorities.values()),
            "priorities that went back within two days": self.flapped(),
            "comments": sum(row.kind == "comment" and row.state == "sent" for row in rows),
            "fields left to people": sum(len(link.left) for link in links),
            "why": dict(why.most_common()),
            "if every change of the text were written": self.naive["text"],
            "if the priority followed the bare rank": self.naive["priority"],
            "not sent": sum(row.state in ("dead", "pending", "sending") for row in rows),
        }


def _kind(reason: str) -> str:
    return next(
        (kind for kind in ("rank", "accounts", "tickets open again", "tickets") if reason.startswith(kind)), reason
    )


def a_week(loop: Loop, *, seed: int = 0, days: int = 7, people: Any = None, **size: Any) -> dict[str, Any]:
    """``people``: changes the title of an issue by its id; called on the third day, and taken over on the sixth."""
    week = Week(loop, seed, **size)
    steps = int(timedelta(days=days) / EVERY)
    edited: int | None = None
    for number in range(steps):
        if people is not None and number == steps * 2 // 7:
            link = min(loop.rows(TrackerLink), key=lambda row: row.cluster_id)
            edited = link.cluster_id
            people(link.remote_id)
        if edited is not None and number == steps * 5 // 7:
            loop.decide(publishing.take_over, edited, "tracker")
        if number == steps * 4 // 7:
            there = sorted(row.cluster_id for row in loop.rows(TrackerLink))
            loop.decide(clusters.merge_clusters, there[-1], there[-2])
        week.pass_an_hour()
    return week.told()


@contextmanager
def tracker_of(name: str, folder: Path) -> Iterator[tuple[Redmine, Any, Any]]:
    """(connector, a person's edit, how many changes its issues have seen by the tracker's own account)."""
    if name == "fake":
        fake = FakeRedmine()
        with fake.api:
            made = Redmine(
                Redmine.Options.model_validate({**fake.api.options, "api_key": KEY, "project": "shop"}), name="tracker"
            )
            title = {"subject": "A person's own title"}
            yield (
                made,
                lambda id_: fake.seed({"id": id_, **title}),
                lambda: sum(len(i["journals"]) for i in fake.data["issues"].values()),
            )
        return
    with SmtpSink() as mail, running("redmine.sh", folder, mail.address) as (url, state):
        keys = dict(line.split("=", 1) for line in (state / "keys").read_text().split("\n") if line)
        server = RedmineServer(url, keys, mail)
        made = Redmine(Redmine.Options.model_validate({**server.options(), "marker_field": 1}), name="tracker")
        dev = server.session("ADMIN_KEY")

        def edit(id_: str) -> None:
            body = {"issue": {"subject": "A person's own title"}}
            dev.put(f"{url}/issues/{id_}.json", json=body, timeout=30).raise_for_status()

        def journals() -> int:
            listed = dev.get(f"{url}/issues.json?project_id=shop&status_id=*&limit=100", timeout=30).json()["issues"]
            each = (dev.get(f"{url}/issues/{i['id']}.json?include=journals", timeout=30).json() for i in listed)
            return sum(len(one["issue"]["journals"]) for one in each)

        yield made, edit, journals


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracker", choices=("fake", "redmine"), default="fake")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        tracker_of(options.tracker, Path(folder)) as (tracker, edit, journals),
    ):
        db = Database(f"sqlite:///{folder}/week.db")
        tables.metadata.create_all(db.engine)
        loop = Loop(db)
        loop.tracker = tracker  # type: ignore[assignment]
        began = time.perf_counter()
        told = a_week(loop, seed=options.seed, days=options.days, people=edit)
        told["changes by the tracker's own account"] = journals()
        told["seconds"] = round(time.perf_counter() - began, 1)
        db.dispose()
    if options.json:
        print(json.dumps(told, indent=1))
        return
    print("| figure | value |", "|---|---|", sep="\n")
    for name, value in told.items():
        said = ", ".join(f"{kind} {count}" for kind, count in value.items()) if isinstance(value, dict) else value
        print(f"| {name} | {said} |")


if __name__ == "__main__":
    main()
