"""The last days of a workspace's exports again, day by day: python -m benchmarks.replay HOME [--days 30] [--json]

HOME is a workspace that `bridge demo` made. Its exports are cut by the day a ticket came in; the days before the last
ones are loaded at once, then every day is pulled, embedded and grouped, and at night everything is thought about again.
Prints the log of what became of ids, night by night, and checks after each that every id ever given still leads to a
living issue, and that none was given twice.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlmodel import Session, col, select

from bridge.bootstrap import build, workspace_key
from bridge.jobs import Jobs
from bridge.progress import StepReport
from bridge.service import seeds
from bridge.settings import load_settings
from bridge.store.clusters import Cluster
from bridge.store.grouping import ClusterChange, GroupingRun
from bridge.store.memberships import places, redirects
from bridge.store.migrate import upgrade
from bridge.words import display_id

STEPS = ("pull", "relearn", "embed", "group")
CONFIG = '[connections.desk]\ntype = "files"\npath = "exports"\n'
SHOWN = 6


@dataclass
class Night:
    """``moved``: tickets of earlier days that changed their living issue; ``led_on``: ids that lead elsewhere now."""

    day: str
    triggers: list[str]
    tickets: int
    came: int
    issues: int
    opened: int
    merged: int
    moved: int
    led_on: list[tuple[str, str]] = field(default_factory=list)


class Exports:
    """The records of all export files with the day each came in."""

    def __init__(self, folder: Path) -> None:
        self.lines: dict[str, list[tuple[date, str]]] = {}
        self.tables: dict[str, tuple[list[str], list[tuple[date, dict[str, str]]]]] = {}
        for path in sorted(folder.glob("*.jsonl")):
            lines = path.read_text(encoding="utf-8").splitlines()
            self.lines[path.name] = [(_day(json.loads(line)["created_at"]), line) for line in lines]
        for path in sorted(folder.glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as stream:
                table = csv.DictReader(stream)
                rows = [(_day(row["created_at"]), row) for row in table]
                self.tables[path.name] = (list(table.fieldnames or ()), rows)

    def last(self) -> date:
        days = [day for rows in self.lines.values() for day, _ in rows]
        return max(days + [day for _, rows in self.tables.values() for day, _ in rows])

    def write(self, folder: Path, until: date) -> None:
        for name, lines in self.lines.items():
            (folder / name).write_text("".join(f"{line}\n" for day, line in lines if day <= until), encoding="utf-8")
        for name, (columns, rows) in self.tables.items():
            with (folder / name).open("w", encoding="utf-8", newline="") as stream:
                table = csv.DictWriter(stream, columns)
                table.writeheader()
                table.writerows(row for day, row in rows if day <= until)


def _day(text: str) -> date:
    return datetime.fromisoformat(text).astimezone(UTC).date()


def replay(exports: Exports, home: Path, days: int) -> Iterator[Night]:
    """One night after the other; the first holds everything before the last ``days``."""
    (home / "exports").mkdir()
    workspace_key(home)
    (home / "config.toml").write_text(CONFIG, encoding="utf-8")
    bridge = build(load_settings(home))
    upgrade(bridge.db)
    with bridge.db.write() as session:
        seeds.seed(session, currency="EUR", internal_domains=[], at=datetime.now(UTC))
    last = exports.last()
    seen: set[int] = set()
    before: dict[int, int] = {}
    for until in (last - timedelta(days=back) for back in range(days, -1, -1)):
        exports.write(home / "exports", until)
        with bridge.db.read() as session:
            known = len(session.exec(select(GroupingRun.id)).all())
        reports = [*Jobs(bridge).run(STEPS), *Jobs(bridge).nightly()]
        _no_errors(reports)
        with bridge.db.read() as session:
            night, seen, before = _night(session, until, known, seen, before)
        yield night
    bridge.db.dispose()


def _night(
    session: Session, until: date, known: int, seen: set[int], before: Mapping[int, int]
) -> tuple[Night, set[int], dict[int, int]]:
    """Raises SystemExit where an id leads nowhere or was given a second time."""
    runs = session.exec(select(GroupingRun).order_by(col(GroupingRun.id)).offset(known)).all()
    changes = session.exec(select(ClusterChange).where(col(ClusterChange.run_id).in_([run.id for run in runs]))).all()
    leads = redirects(session)
    after = {p.ticket_id: p.cluster_id for p in places(session)}
    living = set(session.exec(select(Cluster.id).where(col(Cluster.merged_into).is_(None))))
    opened = [change.cluster_id for change in changes if change.kind == "opened"]
    if again := seen & set(opened) or {id_ for id_ in opened if opened.count(id_) > 1}:
        raise SystemExit(f"ids given twice: {sorted(again)}")
    if lost := {id_ for id_ in seen | set(opened) if leads.get(id_, id_) not in living}:
        raise SystemExit(f"ids that lead nowhere: {sorted(lost)}")
    moved = sum(after[ticket] != leads.get(cluster, cluster) for ticket, cluster in before.items() if ticket in after)
    sizes: dict[int, int] = {}
    for cluster in after.values():
        sizes[cluster] = sizes.get(cluster, 0) + 1
    merged = [change for change in changes if change.kind == "merged" and change.cluster_id in seen]
    night = Night(
        day=until.isoformat(),
        triggers=[run.trigger for run in runs],
        tickets=len(after),
        came=len(after) - len(before),
        issues=sum(size > 1 for size in sizes.values()),
        opened=len(opened),
        merged=len(merged),
        moved=moved,
        led_on=[(display_id(c.cluster_id), display_id(leads.get(c.cluster_id, c.cluster_id))) for c in merged],
    )
    return night, seen | set(opened), after


def _no_errors(reports: list[StepReport]) -> None:
    if errors := [f"{report.step}: {report.error}" for report in reports if report.error]:
        raise SystemExit("; ".join(errors))


def line(night: Night) -> str:
    told = ", ".join(f"{old} to {new}" for old, new in night.led_on[:SHOWN])
    more = f" and {len(night.led_on) - SHOWN} more" if len(night.led_on) > SHOWN else ""
    older = night.tickets - night.came
    share = f"{night.moved / older:.1%}" if older else "-"
    return (
        f"| {night.day} | {', '.join(dict.fromkeys(night.triggers))} | {night.tickets:,} | {night.came:,} "
        f"| {night.issues} | {night.opened} | {night.merged} | {night.moved} ({share}) | {told}{more} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    exports = Exports(options.home / "helpdesk")
    if not options.json:
        print("| until | why | tickets | came | issues | ids opened | ids led on | older moved | led on |")
        print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for night in replay(exports, Path(folder), options.days):
            print(json.dumps(asdict(night)) if options.json else line(night), flush=True)


if __name__ == "__main__":
    main()
