"""Rates of currencies from a CSV file into the store. Rule: the same file a second time changes nothing."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

from sqlmodel import Session, col, select

from bridge.analysis.cells import CellError, day, number, shown
from bridge.analysis.currencies import Rates
from bridge.service.access import Actor, Permission, require
from bridge.service.import_file import ImportReport, Row, Table, put_aside
from bridge.store.accounts import CurrencyRate
from bridge.store.events import record
from bridge.store.ranking import scoring_config

STREAM = "rates"
COLUMNS = ("date", "currency", "rate")
_CODE = re.compile("[A-Z]{3}")


def rates(session: Session, *currencies: str) -> Rates:
    """All rates to the reporting currency, or those of these currencies."""
    config = scoring_config(session)
    query = select(col(CurrencyRate.currency), col(CurrencyRate.day), col(CurrencyRate.rate))
    if currencies:
        query = query.where(col(CurrencyRate.currency).in_(currencies))
    return Rates.of(
        str(config.params["currency"]) if config else "EUR",
        [(code, day, rate) for code, day, rate in session.exec(query)],
    )


def import_rates(session: Session, actor: Actor, path: Path, *, at: datetime) -> ImportReport:
    """Take in ``date,currency,rate``: from that day on one unit is so many units of the reporting currency.

    A bad row is reported and set aside. Money that was imported before keeps the rate of its import. Raises
    ServiceError where the file cannot be such a table, Forbidden where the actor may not import.
    """
    require(actor, Permission.OPERATE)
    table = Table(path, COLUMNS, COLUMNS)
    report = ImportReport(notes=table.notes)
    reporting = rates(session).currency
    wanted: dict[tuple[str, date], float] = {}
    for row in table.rows():
        report.read += 1
        try:
            key, rate = _read(row, reporting)
        except CellError as error:
            report.reject(row.line, str(error), row.raw)
            continue
        report.superseded += key in wanted
        wanted[key] = rate
    for (currency, when), rate in wanted.items():
        _keep(session, currency, when, rate, report)
    put_aside(session, STREAM, table, report, at)
    if report.changed:
        after = {"rows": report.read, "rejects": len(report.rejected), "created": report.created}
        record(session, "rates.imported", STREAM, actor=actor.name, at=at, after={**after, "updated": report.updated})
    return report


def _keep(session: Session, currency: str, when: date, rate: float, report: ImportReport) -> None:
    known = session.get(CurrencyRate, (currency, when))
    if known is None:
        session.add(CurrencyRate(currency=currency, day=when, rate=rate))
        report.created += 1
    elif known.rate != rate:
        known.rate = rate
        report.updated += 1
    else:
        report.unchanged += 1


def _read(row: Row, reporting: str) -> tuple[tuple[str, date], float]:
    """Raises CellError."""
    cells = row.cells
    if cells is None:
        raise CellError(row.reason)
    when = day("date", cells["date"].strip())
    currency = cells["currency"].strip().upper()
    if not _CODE.fullmatch(currency):
        raise CellError(f"currency {shown(cells['currency'])}: expected three letters such as USD")
    if currency == reporting:
        raise CellError(f"currency {currency}: it is the reporting currency, its rate is 1; leave the row out")
    rate = number("rate", cells["rate"].strip())
    if rate == 0:
        raise CellError(f"rate 0: expected what one {currency} is in {reporting}")
    return (currency, when), rate
