"""What a workspace starts with: segments, constants of the score, its own id. Rule: seeding again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.segment_rules import DEFAULT_SEGMENTS
from bridge.store.accounts import Segment
from bridge.store.clusters import ScoringConfigVersion
from bridge.store.events import record
from bridge.store.ranking import all_segments, scoring_config
from bridge.store.sync import bump, fact, set_fact

ACTOR = "settings"
WORKSPACE_FACT = "workspace"


def seed(session: Session, *, currency: str, internal_domains: Sequence[str], at: datetime) -> None:
    """Create what is missing. A setting that changed since makes a new version of the scoring configuration.

    Raises ValueError for a setting that the score refuses.
    """
    if fact(session, WORKSPACE_FACT) is None:
        set_fact(session, WORKSPACE_FACT, str(uuid4()))
    if not all_segments(session):
        _seed_segments(session, at)
    domains = sorted({domain.strip().lower() for domain in internal_domains if domain.strip()})
    _follow_settings(session, {"currency": currency.strip().upper(), "internal_domains": domains}, at)


def _seed_segments(session: Session, at: datetime) -> None:
    for position, values in enumerate(DEFAULT_SEGMENTS):
        session.add(Segment(position=position, **values))
    session.flush()
    after = {"segments": len(DEFAULT_SEGMENTS)}
    record(session, "config.changed", "segments", actor=ACTOR, at=at, after=after, reason="planning defaults")
    bump(session, "accounts")


def _follow_settings(session: Session, wanted: dict[str, Any], at: datetime) -> None:
    newest = scoring_config(session)
    before = newest.params if newest else ScoringConfig().to_dict()
    changed = sorted(name for name, value in wanted.items() if before[name] != value)
    if newest is not None and not changed:
        return
    version = (newest.version or 0) + 1 if newest else 1
    why = f"{' and '.join(changed)} changed in the settings" if newest else "planning defaults and the settings"
    params = ScoringConfig.from_dict({**before, **wanted}).to_dict()
    session.add(ScoringConfigVersion(version=version, params=params, at=at, actor=ACTOR, why=why))
    after = {"version": version}
    record(session, "config.changed", "scoring", actor=ACTOR, at=at, after=after, reason=why)
    bump(session, "scoring")
