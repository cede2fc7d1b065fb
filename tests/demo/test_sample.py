"""The sample is what it promises to be: sizes, shares, truth, canaries, the same bytes for the same anchor."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import pytest

from bridge.demo.company import FREE_MAIL_DOMAINS, LOUD_ACCOUNT, accounts
from bridge.demo.sample import Sample, write_sample
from bridge.words import Priority, TicketStatus

ANCHOR = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SEGMENTS = {"strategic", "mid-market", "self-serve", "public sector"}


class Written(NamedTuple):
    sample: Sample
    tickets: dict[str, dict[str, str]]
    truth: dict[str, dict[str, str]]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def read_helpdesk(folder: Path) -> list[dict[str, str]]:
    rows = [row for path in sorted(folder.glob("*.csv")) for row in read_csv(path)]
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as stream:
            rows += [json.loads(line) for line in stream]
    return rows


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    sample = write_sample(tmp_path_factory.mktemp("sample"), ANCHOR)
    tickets = {row["id"]: row for row in read_helpdesk(sample.helpdesk)}
    truth = {row["ticket_id"]: row for row in read_csv(sample.truth)}
    return Written(sample, tickets, truth)


def all_bytes(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_sizes(written: Written) -> None:
    assert 1150 <= written.sample.tickets <= 1250
    assert len(written.tickets) == len(read_helpdesk(written.sample.helpdesk)) == written.sample.tickets
    assert written.tickets.keys() == written.truth.keys()


def test_true_issues_are_long_tailed_and_many_tickets_stand_alone(written: Written) -> None:
    sizes = Counter(row["issue"] for row in written.truth.values())
    singles = sizes.pop("single")

    assert 300 <= singles <= 430
    assert 38 <= sum(size >= 3 for size in sizes.values()) <= 42
    assert max(sizes.values()) >= 50
    assert sum(size <= 10 for size in sizes.values()) >= 10
    assert all((row["issue"] == "single") == (not row["title"]) for row in written.truth.values())


def test_some_tickets_are_about_two_issues(written: Written) -> None:
    twice = [row for row in written.truth.values() if row["also"]]

    assert len(twice) >= 15
    assert all(row["also"] != row["issue"] != "single" for row in twice)


def test_same_anchor_same_bytes_and_time_zone_of_the_anchor_does_not_matter(tmp_path: Path) -> None:
    write_sample(tmp_path / "a", ANCHOR)
    write_sample(tmp_path / "b", ANCHOR.astimezone(timezone(timedelta(hours=5))))

    assert all_bytes(tmp_path / "a") == all_bytes(tmp_path / "b")


def test_another_anchor_moves_the_dates_and_keeps_the_promises(tmp_path: Path) -> None:
    sample = write_sample(tmp_path, ANCHOR + timedelta(days=101, hours=3))

    assert 1150 <= sample.tickets <= 1250
    assert_dates(read_helpdesk(sample.helpdesk), ANCHOR + timedelta(days=101, hours=3))


def test_anchor_without_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        write_sample(tmp_path, datetime(2026, 11, 22))  # noqa: DTZ001  the point of the test


def assert_dates(rows: list[dict[str, str]], anchor: datetime) -> None:
    for row in rows:
        created, updated = (datetime.fromisoformat(row[name]) for name in ("created_at", "updated_at"))
        signal = datetime.fromisoformat(row.get("last_customer_at") or row["created_at"])
        assert created.utcoffset() is not None
        assert anchor - timedelta(days=90) <= created <= signal <= updated <= anchor


def test_dates_lie_in_the_last_90_days(written: Written) -> None:
    assert_dates(list(written.tickets.values()), ANCHOR)


def test_words_of_status_and_priority_are_known(written: Written) -> None:
    assert {row["status"] for row in written.tickets.values()} <= {str(word) for word in TicketStatus}
    assert {row.get("priority") or "normal" for row in written.tickets.values()} <= {str(w) for w in Priority}


def test_old_tickets_are_mostly_done_and_new_ones_open(written: Written) -> None:
    def done_share(newest_days: int, oldest_days: int) -> float:
        newest, oldest = (ANCHOR - timedelta(days=days) for days in (newest_days, oldest_days))
        states = [
            row["status"] in {"solved", "closed"}
            for row in written.tickets.values()
            if oldest <= datetime.fromisoformat(row["created_at"]) < newest
        ]
        return sum(states) / len(states)

    assert done_share(45, 90) > 0.7
    assert done_share(0, 2) < 0.5


def test_no_two_tickets_share_a_body(written: Written) -> None:
    bodies = Counter(row.get("body", "") for row in written.tickets.values())

    assert 3 <= bodies.pop("") <= 25
    assert max(bodies.values()) == 1


def test_bodies_look_like_mail(written: Written) -> None:
    bodies = [row.get("body", "") for row in written.tickets.values()]

    assert sum("<p" in body or "<div" in body for body in bodies) >= 100
    assert sum("\n> " in body or "<blockquote" in body for body in bodies) >= 40
    assert sum(0 < len(body.split()) <= 2 for body in bodies) >= 5
    assert sum(row.get("subject", "") in {"help", "urgent!!", "Re: your invoice"} for row in written.tickets.values())


def test_every_language_is_there(written: Written) -> None:
    languages = Counter(row.get("language") for row in written.tickets.values())

    assert languages["en"] > languages["de"] > 60
    assert languages["fr"] >= 20
    assert languages["es"] >= 20


def test_both_kinds_of_file_are_there(written: Written) -> None:
    kinds = Counter(path.suffix for path in written.sample.helpdesk.iterdir())

    assert kinds[".csv"] >= 1
    assert kinds[".jsonl"] >= 2


def test_canaries_are_in_the_raw_files(written: Written) -> None:
    raw = "\n".join(path.read_text(encoding="utf-8") for path in written.sample.helpdesk.iterdir())
    values = written.sample.canaries.read_text(encoding="utf-8").splitlines()

    assert len(values) == len(set(values)) > 200
    assert [value for value in values if value not in raw] == []


def test_canaries_of_every_kind_stand_in_texts_and_in_loose_fields(written: Written) -> None:
    values = written.sample.canaries.read_text(encoding="utf-8").splitlines()
    bodies = "\n".join(row.get("body", "") for row in written.tickets.values())
    found = [value for value in values if value in bodies]

    kinds = (
        r".+@.+",
        r"\+(1|33|44|49)[ .(\d].+",
        r"[3-6][\d -]{14,18}",
        r"[A-Z]{2}\d\d ?[A-Z\d]{4}.+",
        r"[A-Za-z]+_.+",
    )
    for kind in kinds:
        assert sum(bool(re.fullmatch(kind, value)) for value in found) >= 8, kind
    for name in ("tags", "url", "assignee"):
        assert any("@" in row.get(name, "") for row in written.tickets.values()), name
    assert any(row.get("callback") for row in written.tickets.values())


def test_accounts(written: Written) -> None:
    rows = read_csv(written.sample.accounts)

    assert len(rows) == len({row["account"] for row in rows}) == 60
    assert {account.segment for account in accounts()} == SEGMENTS
    assert any(not row["arr"] for row in rows)
    assert any(not row["risk_band"] for row in rows)
    assert all(row["segment"] in SEGMENTS | {""} for row in rows)
    assert all(row["arr"] or row["segment"] for row in rows)
    assert all(date.fromisoformat(row["renewal_date"]) > ANCHOR.date() for row in rows if row["renewal_date"])
    domains = [domain for row in rows for domain in row["domains"].split(";")]
    assert len(domains) == len(set(domains))
    assert all(domain.endswith((".example", ".test")) for domain in domains)


def test_value_says_the_same_segment_as_the_sample_where_the_file_names_none(written: Written) -> None:
    true = {account.name: account.segment for account in accounts()}
    for row in read_csv(written.sample.accounts):
        if not row["segment"]:
            arr = float(row["arr"])
            expected = "strategic" if arr >= 100_000 else "mid-market" if arr >= 25_000 else "self-serve"
            assert true[row["account"]] == expected


def test_one_account_writes_forty_times_about_one_thing(written: Written) -> None:
    domain = next(account.domains[0] for account in accounts() if account.name == LOUD_ACCOUNT)
    issues = Counter(
        written.truth[row["id"]]["issue"] for row in written.tickets.values() if row["requester"].endswith(f"@{domain}")
    )

    assert issues.most_common(1) == [("label-offset", 40)]


def test_some_requesters_belong_to_no_account(written: Written) -> None:
    known = {domain for account in accounts() for domain in account.domains}
    senders = [row["requester"].partition("@")[2] for row in written.tickets.values()]

    assert 20 <= sum(domain not in known for domain in senders) <= 120
    assert any(domain in FREE_MAIL_DOMAINS for domain in senders)
    assert any(row.get("account", "").startswith("crm:") for row in written.tickets.values())


def test_premium_customers_moved_to_the_low_cost_supplier(written: Written) -> None:
    suppliers = read_csv(written.sample.suppliers)
    assert len({row["supplier"] for row in suppliers}) == 3
    assert {row["kind"] for row in suppliers} == {"outsourced", "insourced"}
    assert len({row["group"] for row in suppliers}) == len(suppliers)
    groups = {row["group"]: row for row in suppliers}
    assert {row.get("group", "") for row in written.tickets.values()} - {""} == groups.keys()

    for row in written.tickets.values():
        if group := groups.get(row.get("group", "")):
            day = datetime.fromisoformat(row["created_at"]).astimezone(UTC).date().isoformat()
            assert group["valid_from"] <= day
            assert not group["valid_to"] or day < group["valid_to"]

    def mean_rating(group: str) -> float:
        given = [int(r["csat"]) for r in written.tickets.values() if r.get("group") == group and r.get("csat")]
        return sum(given) / len(given)

    assert groups["Gold Queue"]["supplier"] == groups["Tier 1"]["supplier"]
    assert mean_rating("Gold Queue") < mean_rating("Premium Care") - 0.5
