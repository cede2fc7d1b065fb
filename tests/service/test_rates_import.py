"""Money of other currencies, the rates that it is converted by, and the rows that are rejected."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.currencies import Rates
from bridge.service.access import Forbidden
from bridge.service.account_import import import_accounts
from bridge.service.import_file import ImportReport, harmless, rejected_csv
from bridge.service.rates_import import import_rates
from bridge.store.accounts import Account, AccountOrigin, CurrencyRate
from bridge.store.db import Database
from bridge.store.events import Event
from tests.pipeline.loop import PM, Loop
from tests.service.test_strangers import ADA


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def bring(loop: Loop, folder: Path, act: Any, text: str) -> tuple[ImportReport, Path]:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return loop.decide(act, path, actor=ADA), path


RATES = "date,currency,rate\n2025-01-01,USD,0.9\n2026-02-01,usd,0.8\n2026-02-28,USD,0.85\n2025-06-01,CHF,1.05\n"


def test_the_last_rate_on_or_before_the_day_counts(loop: Loop, tmp_path: Path) -> None:
    report, _ = bring(loop, tmp_path, import_rates, RATES)
    assert (report.created, report.rejected) == (4, [])
    rows = "account,arr,strategic_uplift,currency,as_of\nNow,1000,10,usd,\nThen,1000,,USD,2026-02-27\nOurs,1000,,EUR,\n"
    report, _ = bring(loop, tmp_path, import_accounts, rows)
    assert report.rejected == []
    found = {row.name: (row.arr, row.strategic_uplift, row.currency) for row in loop.rows(Account)}
    assert found == {"Now": (850.0, 8.5, "USD"), "Then": (800.0, 0.0, "USD"), "Ours": (1000.0, 0.0, "EUR")}
    notes = [row.told["file"]["arr"].get("note") for row in loop.rows(AccountOrigin)]
    assert notes == ["1,000.00 USD at 0.85 of 2026-02-28", "1,000.00 USD at 0.8 of 2026-02-01", None]


def test_without_a_rate_the_row_is_rejected_in_clear_words(loop: Loop, tmp_path: Path) -> None:
    bring(loop, tmp_path, import_rates, RATES)
    report, _ = bring(
        loop,
        tmp_path,
        import_accounts,
        "account,arr,currency,as_of\nA,1,CHF,2025-05-31\nB,1,SEK,\nC,,SEK,\nD,1,EUR,2030-01-01\n",
    )
    assert [row.line for row in report.rejected] == [2, 3, 4, 5]
    assert "no rate of 2025-05-31 or before is known" in report.rejected[0].reason
    assert "`bridge import rates FILE`" in report.rejected[1].reason
    assert "lies in the future" in report.rejected[3].reason
    assert loop.rows(Account) == []


def test_rates_again_change_nothing_and_bad_ones_are_rejected(loop: Loop, tmp_path: Path) -> None:
    bring(loop, tmp_path, import_rates, RATES)
    report, _ = bring(loop, tmp_path, import_rates, RATES)
    assert (report.unchanged, report.changed) == (4, False)
    bad = "date,currency,rate\n2025-01-01,USD,0.95\n1 May,USD,1\n2025-01-01,EUR,1\n2025-01-01,US,1\n2025-01-01,SEK,0\n"
    report, _ = bring(loop, tmp_path, import_rates, bad)
    assert (report.updated, [row.line for row in report.rejected]) == (1, [3, 4, 5, 6])
    assert loop.rows(CurrencyRate, currency="USD", day=date(2025, 1, 1))[0].rate == 0.95
    assert [event.after["updated"] for event in loop.rows(Event, kind="rates.imported")] == [0, 1]
    with pytest.raises(Forbidden):
        loop.decide(import_rates, tmp_path / "file.csv", actor=PM)


@given(
    st.lists(st.tuples(st.sampled_from(["USD", "CHF"]), st.dates(date(2025, 1, 1), date(2025, 2, 1)), st.floats(0.1, 9)),
             unique_by=lambda row: row[:2]),
    st.sampled_from(["USD", "CHF", "SEK"]),
    st.dates(date(2024, 12, 20), date(2025, 2, 10)),
)  # fmt: skip
def test_rates_are_the_last_ones(rows: list[tuple[str, date, float]], currency: str, day: date) -> None:
    before = [(when, rate) for code, when, rate in rows if code == currency and when <= day]
    assert Rates.of("EUR", rows).on(currency, day) == (max(before) if before else None)


def test_rejected_rows_can_be_mended_and_imported_again(loop: Loop, tmp_path: Path) -> None:
    report, path = bring(
        loop, tmp_path, import_accounts,
        'account,region,arr\nGood,,1\n"=HYPERLINK(""http://x"")",-1+1,many\nShort,\n@Lamps,"+49, north",x\n',
    )  # fmt: skip
    text = rejected_csv(path, report)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["rejected_line"], row["account"]) for row in rows] == [
        ("3", "'=HYPERLINK(\"http://x\")"), ("4", ""), ("5", "'@Lamps"),
    ]  # fmt: skip
    assert rows[1]["rejected_row"].strip() == "Short,"
    assert "expected a number" in rows[0]["rejected_reason"]
    again, _ = bring(loop, tmp_path, import_accounts, text.replace(",x,5,", ",7,5,"))
    assert again.notes == []
    assert {row.name: row.region for row in loop.rows(Account)} == {"Good": None, "@Lamps": "+49, north"}


@given(st.text(max_size=20))
def test_no_cell_is_a_formula(text: str) -> None:
    assert not harmless(text).lstrip().startswith(("=", "+", "-", "@"))
    assert not harmless(text).startswith(("\t", "\r"))
