"""The labelled sets: CSV files of ``text,label``, one topic a label. Rule: read as they are, in the order of the file."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SETS = ("banking77", "hwu64", "bitext27", "stackoverflow20")
"""Settings may be chosen on the first two; the others are for checking."""


@dataclass(frozen=True, slots=True)
class Text:
    """``label``: the set's name and the class, so that classes of two sets never meet."""

    text: str
    label: str


def data_folder() -> Path:
    return Path(os.environ.get("BRIDGE_SHARED", "../shared")) / "data"


def load_set(name: str, folder: Path | None = None) -> list[Text]:
    """Raises FileNotFoundError where the folder lacks ``<name>.csv.gz``."""
    path = (folder or data_folder()) / f"{name}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return [Text(row["text"], f"{name}/{row['label']}") for row in csv.DictReader(stream)]


def others_of(names: Sequence[str]) -> tuple[str, ...]:
    """Where the one-offs come from: every set that is not itself clustered."""
    return tuple(name for name in SETS if name not in names)
