"""/scoring: the constants of the score, their versions, what others would do, saving and rolling back."""

from __future__ import annotations

from sqlmodel import Session

from bridge.service import scoring as service
from bridge.service.access import Permission
from bridge.web import here
from bridge.web.api.blueprint import read, write
from bridge.web.api.schemas.scoring import (
    ConstantsOut,
    RollbackIn,
    SavedOut,
    ScoringIn,
    TrialOut,
    TrialQuery,
    Versions,
)

TAG = "Scoring"
_P = Permission


@read("/scoring", _P.READ_VALUE, ConstantsOut, tag=TAG)
def scoring() -> ConstantsOut:
    """The constants in force."""
    with here.reading() as session:
        return ConstantsOut.whole(service.constants(session, here.actor()))


@read("/scoring/versions", _P.READ_VALUE, Versions, tag=TAG)
def scoring_versions() -> Versions:
    """Every version with who, when and why."""
    with here.reading() as session:
        return Versions.whole(service.versions(session, here.actor()))


@read("/scoring/effect", _P.EDIT_SCORING, TrialOut, query=TrialQuery, tag=TAG)
def scoring_effect(query_data: TrialQuery) -> TrialOut:
    """Who would move with these constants. Changes nothing; the first call after a ranking takes longer."""
    typed = dict(text.split("=", 1) for text in query_data.set)
    with here.reading() as session:
        if query_data.version is not None:
            return TrialOut.whole(service.trial_of(session, here.actor(), query_data.version))
        return TrialOut.whole(service.trial(session, here.actor(), typed))


@write("/scoring", _P.EDIT_SCORING, SavedOut, body=ScoringIn, method="patch", tag=TAG)
def set_scoring(session: Session, json_data: ScoringIn) -> SavedOut:
    """A new version with these constants; the others stay."""
    said = json_data
    return SavedOut.of(service.save(session, here.actor(), said.set, said.reason, at=here.now(), seen=said.seen))


@write("/scoring/rollback", _P.EDIT_SCORING, SavedOut, body=RollbackIn, tag=TAG)
def roll_back_scoring(session: Session, json_data: RollbackIn) -> SavedOut:
    """A new version that says what an older one said. None is ever deleted."""
    said = json_data
    return SavedOut.of(
        service.rollback(session, here.actor(), said.version, said.reason, at=here.now(), seen=said.seen)
    )
