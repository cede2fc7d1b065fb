"""A CSV of texts and labels -> rows to measure on. Rule: what cannot be used is set aside and counted, by reason."""

from __future__ import annotations

import csv
import gzip
import random
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import BridgeError

SEED = 0
_LONGEST = 1 << 24


class NotMeasurable(BridgeError):
    """The file cannot be measured on; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """``rows`` in order of arrival. ``notes``: sentences on what was set aside, repeated or sampled."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def read_labelled(
    path: Path, *, text_column: str, label_column: str, limit: int | None = None, in_order: bool = False
) -> Labelled:
    """UTF-8 CSV with a header line, also gzipped. ``limit``: a random sample of so many usable rows, by ``SEED``.

    The rows arrive in a random order by the same seed, because labelled files are mostly sorted by label; ``in_order``
    keeps the file's. Raises NotMeasurable.
    """
    aside: Counter[str] = Counter()
    rows: list[Row] = []
    try:
        for row in _rows(path, text_column, label_column):
            reason = _unusable(row)
            if reason:
                aside[reason] += 1
            else:
                rows.append(row)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise NotMeasurable(f"{path} is no whole gzip file ({error}): make it anew or unpack it") from None
    except csv.Error as error:
        raise NotMeasurable(f"{path} cannot be read as CSV ({error}): mend that line") from None
    except OSError as error:
        raise NotMeasurable(f"{path} cannot be read ({error.strerror or error}): name a CSV file") from None
    if not rows:
        raise NotMeasurable(f"{path} has no row with both a {text_column!r} and a {label_column!r}")
    notes = [f"{count:,} rows set aside: {reason}" for reason, count in sorted(aside.items())]
    again = len(rows) - len({row.text for row in rows})
    if again:
        notes.append(f"{again:,} rows repeat an earlier text: they count like any other")
    if limit is not None and limit < len(rows):
        notes.append(f"a random sample of {limit:,} of {len(rows):,} rows, seed {SEED}")
        chosen = random.Random(SEED).sample(range(len(rows)), limit)  # noqa: S311 - a sample, no secret
        rows = [rows[i] for i in (sorted(chosen) if in_order else chosen)]
    elif not in_order:
        random.Random(SEED).shuffle(rows)  # noqa: S311 - an order, no secret
    return Labelled(tuple(rows), tuple(notes))


def _rows(path: Path, text_column: str, label_column: str) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST)
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
        lines = (line.decode("utf-8", "surrogateescape") for line in stream)
        table = csv.reader(lines)
        header = [name.strip() for name in next(table, [])]
        if header:
            header[0] = header[0].removeprefix("\ufeff").strip('"')
        for column in (text_column, label_column):
            if column not in header:
                there = ", ".join(repr(name) for name in header) or "none: it is empty"
                raise NotMeasurable(f"{path} has no column {column!r}; its columns: {there}")
        text, label = header.index(text_column), header.index(label_column)
        for cells in table:
            if cells:
                yield Row(*(cells[i].strip() if i < len(cells) else "" for i in (text, label)))


def _unusable(row: Row) -> str | None:
    for what, cell in (("text", row.text), ("label", row.label)):
        if not cell:
            return f"no {what}"
        if any("\ud800" <= char <= "\udfff" for char in cell):
            return f"{what} is not UTF-8"
    return None
