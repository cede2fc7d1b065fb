"""Which model's vectors the pages and the grouping read, and which one somebody wants. Rule: a row says so, not the
configuration alone: a model is only in use once every live ticket has a vector of it.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlmodel import Session

from bridge.store.sync import bump, fact, set_fact
from bridge.store.vectors import models

IN_USE, WANTED, CHECKED = "model.in_use", "model.wanted", "vectors.checked"


class Chosen(NamedTuple):
    """A model: the name of its vectors, and where it is found. ``path``: a folder, the name of a cached model, or ""
    for the bundled one.
    """

    id: str
    path: str


def in_use(session: Session) -> Chosen | None:
    """What readers read; None before anything was embedded."""
    return _read(session, IN_USE)


def most_vectors(session: Session) -> str | None:
    """The model to go on with where no row says: a database of an earlier version."""
    return next((row.model for row in models(session)), None)


def put_in_use(session: Session, model: Chosen) -> None:
    """From the end of this transaction on everybody reads this model's vectors."""
    set_fact(session, IN_USE, json.dumps(model._asdict()))
    bump(session, "vectors")


def wanted(session: Session, configured: str | None = None) -> Chosen | None:
    """The model that a person asked for, unless the configured path has changed since: the last word counts."""
    kept = json.loads(fact(session, WANTED) or "null")
    if kept is None or (configured is not None and kept["configured"] != configured):
        return None
    return Chosen(kept["id"], kept["path"])


def want(session: Session, model: Chosen, configured: str) -> None:
    set_fact(session, WANTED, json.dumps({**model._asdict(), "configured": configured}))


def checked_up_to(session: Session, model: str) -> str:
    """The content hash up to which the checksums of this model's vectors were looked at."""
    kept = json.loads(fact(session, CHECKED) or "{}")
    return str(kept.get(model, ""))


def note_checked(session: Session, model: str, last: str) -> None:
    kept = json.loads(fact(session, CHECKED) or "{}")
    set_fact(session, CHECKED, json.dumps({**kept, model: last}))


def _read(session: Session, name: str) -> Chosen | None:
    kept = fact(session, name)
    return Chosen(**json.loads(kept)) if kept else None
