"""A sign-in for each of the demo's people. Made at random once, kept in a file of the demo's own folder.

Rule: only the demo does this; a workspace of one's own has no password that anybody else knows.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path

from sqlmodel import Session, col, select

from bridge.service.passwords import hashed
from bridge.store.access import User

FILE = "sign-ins.json"
_WORDS = (
    *("acorn", "badger", "candle", "dapple", "ember", "fiddle", "gravel", "hammock", "icicle", "jigsaw", "kettle"),
    *("lantern", "marble", "nutmeg", "orchard", "pebble", "quiver", "ribbon", "saddle", "thimble", "umbrella"),
    *("velvet", "walnut", "yonder", "zephyr", "almanac", "bramble", "cobbler", "drizzle", "feather", "goblet"),
)
_HOW_MANY = 4


def _phrase() -> str:
    return " ".join(secrets.choice(_WORDS) for _ in range(_HOW_MANY))


def kept(home: Path) -> dict[str, str]:
    """Name -> password of a demo that was played in this folder; empty for any other workspace."""
    path = home / FILE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def sign_ins(session: Session, home: Path, *, phrase: Callable[[], str] = _phrase) -> dict[str, str]:
    """Name -> password, the same ones at every run."""
    path = home / FILE
    if known := kept(home):
        return known
    made: dict[str, str] = {}
    for user in session.exec(select(User).order_by(col(User.id))):
        made[user.name] = phrase()
        user.password_hash = hashed(made[user.name])
        session.add(user)
    path.touch(mode=0o600)
    path.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    return made
