"""Cells of imported tables: what is meant comes through, everything else is a CellError with a usable message."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.analysis.account_rows import COLUMNS, read_account
from bridge.analysis.cells import MOST_MONEY, CellError, day, items, name, number, word
from bridge.analysis.currencies import Rates
from bridge.analysis.redaction import redact
from bridge.analysis.supplier_rows import COLUMNS as SUPPLIER_COLUMNS
from bridge.analysis.supplier_rows import read_supplier
from bridge.words import Lifecycle, RiskBand

CELL = st.text() | st.sampled_from(
    ["", "-1", "NaN", "٣", "1_000", "1e400", "2026-13-01", "a@b.example", "\0", ";", "x:y"]
)


@given(st.floats(min_value=0, max_value=MOST_MONEY))
def test_every_amount_that_we_write_is_read_back(value: float) -> None:
    assert number("arr", repr(value)) == value


@given(CELL)
@example("1,000.00")
@example("٣")
@example("1_000")
@example("0x10")
def test_a_number_is_in_range_or_refused(text: str) -> None:
    try:
        value = number("margin", text, at_most=1)
    except CellError:
        return
    assert 0 <= value <= 1
    assert text.isascii()


@given(st.dates())
def test_days_are_read_back(value: date) -> None:
    assert day("renewal_date", value.isoformat()) == value


@given(st.text().filter(lambda text: text.lower() not in set(RiskBand)))
def test_other_words_are_refused_with_those_allowed(text: str) -> None:
    with pytest.raises(CellError, match="low, normal, elevated, high"):
        word("risk_band", text, RiskBand)


@given(st.lists(st.text(st.characters(exclude_characters=";"), min_size=1).map(str.strip).filter(bool)))
def test_lists_keep_order_and_each_item_once(parts: list[str]) -> None:
    assert items(" ; ".join(parts)) == list(dict.fromkeys(parts))


@given(st.text())
def test_a_name_is_one_line_that_redaction_leaves_alone(text: str) -> None:
    try:
        found = name("account", text)
    except CellError:
        return
    assert found == " ".join(found.split()) != ""
    assert redact(found).text == found == name("account", found)


@given(st.fixed_dictionaries({"account": CELL}, optional=dict.fromkeys(COLUMNS[1:], CELL)))
def test_any_row_is_an_account_or_a_cell_error(cells: dict[str, str]) -> None:
    try:
        row = read_account(cells, Rates.of("EUR", []), date(2026, 3, 1))
    except CellError:
        return
    assert set(row.values) == {c for c in cells if c not in {"account", "external_ids", "domains", "segment"}} | (
        {"segment_named"} if "segment" in cells else set()
    )
    assert row.values.get("lifecycle", "active") in set(Lifecycle)
    assert (row.external_ids is None) == ("external_ids" not in cells)


@given(st.dictionaries(st.sampled_from(SUPPLIER_COLUMNS), CELL))
def test_any_row_is_a_supplier_or_a_cell_error(cells: dict[str, str]) -> None:
    try:
        row = read_supplier(cells)
    except CellError:
        return
    assert row.supplier
    assert row.kind in {"outsourced", "insourced"}
