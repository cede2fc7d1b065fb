"""A workspace is seeded once; settings that change later make a new version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.segment_rules import Traits, segment_of
from bridge.service.seeds import seed
from bridge.store.accounts import Segment
from bridge.store.clusters import ScoringConfigVersion
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.ranking import all_segments, data_snapshot
from bridge.store.sync import fact

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def everything(session: Session) -> list[dict[str, Any]]:
    tables: list[type[SQLModel]] = [Segment, ScoringConfigVersion, Event]
    return [row.model_dump() for table in tables for row in session.exec(select(table)).all()]


def test_seeds_segments_constants_and_an_id_once(db: Database) -> None:
    with db.write() as session:
        seed(session, currency="EUR", internal_domains=[], at=AT)
    with db.read() as session:
        first, snapshot, workspace = everything(session), data_snapshot(session), fact(session, "workspace")
        rules = [(segment.name, segment.rule) for segment in all_segments(session)]
        params = session.get_one(ScoringConfigVersion, 1).params
        kinds = list(session.exec(select(Event.kind)))

    with db.write() as session:
        seed(session, currency="EUR", internal_domains=[], at=AT)

    assert workspace
    assert segment_of(rules, Traits(value=100_000)) == "strategic"
    assert segment_of(rules, Traits(value=None)) == "unclassified"
    assert ScoringConfig.from_dict(params) == ScoringConfig()
    assert kinds == ["config.changed", "config.changed"]
    with db.read() as session:
        assert (everything(session), data_snapshot(session), fact(session, "workspace")) == (first, snapshot, workspace)


def test_changed_settings_make_a_new_version_that_keeps_what_people_changed(db: Database) -> None:
    with db.write() as session:
        seed(session, currency="eur", internal_domains=["B.example", "a.example "], at=AT)
        edited = ScoringConfig(kappa=0.25, internal_domains=("a.example", "b.example")).to_dict()
        session.add(ScoringConfigVersion(version=2, params=edited, at=AT, actor="ada", why="slower"))
    with db.write() as session:
        seed(session, currency="EUR", internal_domains=["a.example", "b.example"], at=AT)
        seed(session, currency="USD", internal_domains=["a.example", "b.example"], at=AT)

    with db.read() as session:
        query = select(ScoringConfigVersion).order_by(col(ScoringConfigVersion.version))
        versions = [row.model_dump() for row in session.exec(query)]
    assert [row["version"] for row in versions] == [1, 2, 3]
    newest = ScoringConfig.from_dict(versions[-1]["params"])
    assert (newest.currency, newest.kappa, newest.internal_domains) == ("USD", 0.25, ("a.example", "b.example"))
    assert versions[-1]["actor"] == "settings"
    assert "currency" in versions[-1]["why"]


def test_a_company_s_own_segments_are_left_alone(db: Database) -> None:
    with db.write() as session:
        session.add(Segment(name="all", rule={}, value_default=1.0, expectation_tier="standard", position=0))
    with db.write() as session:
        seed(session, currency="EUR", internal_domains=[], at=AT)

    with db.read() as session:
        assert [segment.name for segment in all_segments(session)] == ["all"]
