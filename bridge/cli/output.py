"""How commands talk: tables and sentences for people, JSON for programs, progress while it takes long."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.table import Table

from bridge.progress import Progress, StepReport, silent

PIPE_WIDTH = 140
console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def print_json(value: Any) -> None:
    """One JSON document on standard output, keys as given."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()) -> None:
    """A plain table; columns named in ``right`` hold numbers: aligned right, never wrapped. Nothing is cut."""
    made = Table(box=box.SIMPLE, header_style="bold", pad_edge=False)
    for column in columns:
        number = column in right
        made.add_column(
            column, justify="right" if number else "left", no_wrap=number or column == "id", overflow="fold"
        )
    for row in rows:
        made.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(made)


def say(text: str) -> None:
    """A sentence, without markup."""
    console.print(text, markup=False, soft_wrap=True)


@contextmanager
def progress(*, shown: bool) -> Iterator[Progress]:
    """A bar a step on a terminal; silent for programs and pipes."""
    if not shown or not console.is_terminal:
        yield silent
        return
    columns = (TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with RichProgress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(step: str, done: int, total: int | None) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield show


def report_line(report: StepReport) -> str:
    """One line a step: what it did, how long it took, what was wrong."""
    name = f"{report.step} {report.connection}" if report.connection else report.step
    counts = f"{report.done} done, {report.skipped} unchanged, {report.failed} set aside or failed"
    line = f"{name:<24} {counts}  ({report.seconds:.1f} s)"
    return f"{line}\n  error: {report.error}" if report.error else line


def show_report(report: StepReport) -> None:
    say(report_line(report))
    for note in report.notes:
        say(f"  {note}")


def money(amount: float, currency: str) -> str:
    return f"{amount:,.0f} {currency}"
