"""Writes the sample company's data as files in the documented input formats.

The one rule: the same anchor gives the same bytes. Nothing here reads the clock.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random

from bridge.demo.company import accounts, suppliers
from bridge.demo.desk import Ticket, tickets
from bridge.demo.moments import DAYS
from bridge.demo.plan import plan

SEED = 20090701
_CSV_CHANNELS = ("phone", "chat")
_JSONL_FILES = 3
_LOCAL = timezone(timedelta(hours=1))
_TIME_COLUMNS = ("created_at", "updated_at", "last_customer_at")
_TICKET_COLUMNS = (
    "id",
    "created_at",
    "updated_at",
    "status",
    "priority",
    "requester",
    "account",
    "group",
    "assignee",
    "channel",
    "language",
    "tags",
    "url",
    "csat",
    "last_customer_at",
    "subject",
    "body",
    "product_version",
    "callback",
)
_ACCOUNT_COLUMNS = (
    "account",
    "external_ids",
    "domains",
    "arr",
    "currency",
    "margin",
    "segment",
    "expectation_tier",
    "risk_band",
    "renewal_date",
    "region",
    "languages",
    "strategic_uplift",
    "strategic_reason",
    "strategic_expires",
    "lifecycle",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """Where everything lies. ``truth`` has ticket_id, issue, title, also; ``canaries`` one value a line."""

    helpdesk: Path
    accounts: Path
    suppliers: Path
    truth: Path
    canaries: Path
    tickets: int = 0


def sample_in(folder: Path) -> Sample:
    """Where the sample of a folder lies, whether it has been written yet or not."""
    return Sample(
        helpdesk=folder / "helpdesk",
        accounts=folder / "accounts.csv",
        suppliers=folder / "suppliers.csv",
        truth=folder / "truth.csv",
        canaries=folder / "canaries.txt",
    )


def write_sample(folder: Path, anchor: datetime) -> Sample:
    """Fill ``folder`` with about 1,200 tickets of the 90 days before ``anchor``, and what belongs to them.

    Raises ValueError where ``anchor`` has no time zone.
    """
    if anchor.tzinfo is None:
        raise ValueError(f"anchor {anchor.isoformat()} has no time zone: pass an aware datetime")
    now = anchor.astimezone(UTC).replace(microsecond=0)
    rng = Random(SEED)
    written = tickets(plan(rng), now, rng)
    sample = sample_in(folder)
    sample.helpdesk.mkdir(parents=True, exist_ok=True)
    _write_helpdesk(sample.helpdesk, written, now)
    _write_csv(sample.accounts, _ACCOUNT_COLUMNS, (_account_row(account.row, now) for account in accounts()))
    _write_csv(
        sample.suppliers,
        ("supplier", "kind", "group", "valid_from", "valid_to"),
        (_supplier_row(row, now) for row in suppliers()),
    )
    _write_csv(
        sample.truth,
        ("ticket_id", "issue", "title", "also"),
        ({"ticket_id": t.id, "issue": t.key, "title": t.title, "also": t.also} for t in written),
    )
    values = sorted({value for ticket in written for value in ticket.planted})
    sample.canaries.write_text("".join(f"{value}\n" for value in values), encoding="utf-8", newline="\n")
    return replace(sample, tickets=len(written))


def _write_helpdesk(folder: Path, written: Sequence[Ticket], now: datetime) -> None:
    """Chat and telephone come from another tool than the mail queue, hence as CSV and in its local time."""
    rows = [ticket.row for ticket in written]
    by_phone = [_local(row) for row in rows if row["channel"] in _CSV_CHANNELS]
    _write_csv(folder / "tickets-phone-and-chat.csv", _TICKET_COLUMNS, by_phone)
    for number in range(_JSONL_FILES):
        start = now - timedelta(days=DAYS * (_JSONL_FILES - number) / _JSONL_FILES)
        end = now - timedelta(days=DAYS * (_JSONL_FILES - number - 1) / _JSONL_FILES)
        lines = (
            json.dumps({name: value for name, value in row.items() if value}, ensure_ascii=False)
            for row in rows
            if row["channel"] not in _CSV_CHANNELS and start <= datetime.fromisoformat(row["created_at"]) < end
        )
        path = folder / f"tickets-{number + 1}.jsonl"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def _local(row: Mapping[str, str]) -> dict[str, str]:
    times = {name: row[name] for name in _TIME_COLUMNS if row[name]}
    return {**row, **{n: datetime.fromisoformat(v).astimezone(_LOCAL).isoformat() for n, v in times.items()}}


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _account_row(row: Mapping[str, str], now: datetime) -> dict[str, str]:
    """The segment is left out where the rules of the default segments find it by value."""
    found = {name: row.get(name, "") for name in _ACCOUNT_COLUMNS}
    found["currency"] = "EUR" if row["arr"] else ""
    found["segment"] = row["segment"] if row["named"] == "yes" else ""
    found["renewal_date"] = _day(now, row["renewal_days"])
    found["strategic_expires"] = _day(now, row["strategic_days"])
    return found


def _supplier_row(row: Mapping[str, str], now: datetime) -> dict[str, str]:
    """A group belongs to the supplier from ``valid_from`` up to, not including, ``valid_to``."""
    return {
        "supplier": row["supplier"],
        "kind": row["kind"],
        "group": row["group"],
        "valid_from": _day(now, f"-{row['from_days']}"),
        "valid_to": _day(now, f"-{row['to_days']}" if row["to_days"] else ""),
    }


def _day(now: datetime, days: str) -> str:
    return (now + timedelta(days=int(days))).date().isoformat() if days else ""
