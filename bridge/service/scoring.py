"""The constants of the score: what is in force, its versions, a change tried before it is saved, saving, going back.

Rule: a change is a new version with a reason, and so is going back; what a ticket of a supplier costs is a price, seen
and set by admins alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.scoring_fields import SUPPLIERS, Change, Field, Group, changes, fields_of, flat, groups, read
from bridge.service.access import Actor, Permission, may, require
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.reranking import rank_after_decision
from bridge.service.scoring_effect import Effect, effect
from bridge.store.clusters import ScoringConfigVersion
from bridge.store.events import record
from bridge.store.ranking import scoring_config
from bridge.store.scoring import all_versions, follow
from bridge.store.suppliers import all_suppliers
from bridge.store.sync import bump

SUBJECT = "scoring"
CHANGED = "config.changed"
FOLLOW_SETTINGS = ("currency", "internal_domains")
"""What the workspace's settings say, whatever version is in force."""
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Constants:
    """What is in force. ``values`` as they are typed, by the keys of the fields in ``groups``."""

    version: int
    at: datetime
    by: str
    why: str
    groups: tuple[Group, ...]
    values: Mapping[str, str]
    currency: str
    internal_domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """``changes`` are against the version before it, as far as the reader may see. ``like``: an older version that
    says the same.
    """

    version: int
    at: datetime
    by: str
    why: str
    in_force: bool
    like: int | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """A new version is in force. ``ranked`` False: the next sync ranks with it."""

    version: int
    like: int | None
    ranked: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """Constants tried over ``version``. ``errors`` by key; ``effect`` None: there are some, or nothing is ranked."""

    version: int
    typed: Mapping[str, str]
    errors: Mapping[str, str]
    changes: tuple[Change, ...]
    effect: Effect | None


def constants(session: Session, actor: Actor) -> Constants:
    """Raises Forbidden, and ServiceError before anything was seeded."""
    require(actor, Permission.READ_VALUE)
    row, config = _present(session)
    seen = _groups(session, actor, config)
    return Constants(
        version=row.version or 0,
        at=row.at,
        by=row.actor,
        why=row.why,
        groups=seen,
        values=flat(config, fields_of(seen)),
        currency=config.currency,
        internal_domains=config.internal_domains,
    )


def versions(session: Session, actor: Actor) -> tuple[Version, ...]:
    """Newest first. Raises Forbidden."""
    require(actor, Permission.READ_VALUE)
    stored = all_versions(session)
    configs = [ScoringConfig.from_dict(row.params) for row in stored]
    fields = _fields(session, actor, configs[0]) if configs else {}
    own = [{n: v for n, v in config.to_dict().items() if n not in _not_theirs(actor)} for config in configs]
    return tuple(
        Version(
            version=row.version or 0,
            at=row.at,
            by=row.actor,
            why=row.why,
            in_force=place == 0,
            like=next((stored[at].version for at in range(len(stored) - 1, place, -1) if own[at] == own[place]), None),
            changes=tuple(changes(configs[place + 1], configs[place], fields)) if place + 1 < len(stored) else (),
        )
        for place, row in enumerate(stored)
    )


def trial(session: Session, actor: Actor, typed: Mapping[str, str]) -> Trial:
    """What these constants would do; those that are not typed stay. Writes nothing. Raises Forbidden."""
    require(actor, Permission.EDIT_SCORING)
    row, config = _present(session)
    fields = _fields(session, actor, config)
    draft = read(typed, config, fields)
    told = tuple(changes(config, draft.config, fields)) if draft.config else ()
    found = effect(session, draft.config) if draft.config else None
    return Trial(row.version or 0, draft.typed, draft.errors, told, found)


def trial_of(session: Session, actor: Actor, version: int) -> Trial:
    """What going back to an older version would do. Raises Forbidden, UnknownId."""
    require(actor, Permission.EDIT_SCORING)
    row, config = _present(session)
    fields = _fields(session, actor, config)
    wanted = _older(session, actor, version, config)
    told = tuple(changes(config, wanted, fields))
    return Trial(row.version or 0, flat(wanted, fields), {}, told, effect(session, wanted))


def save(
    session: Session, actor: Actor, typed: Mapping[str, str], reason: str, *, at: datetime, seen: int | None = None
) -> Saved:
    """A new version with these constants; those that are not typed stay. ``seen`` is the version that the person
    looked at. Ranks anew where that is quick, else the next sync does.

    Raises Forbidden, and ServiceError with all that is wrong, where nothing changed, and where another version came
    between.
    """
    require(actor, Permission.EDIT_SCORING)
    row, config = _present_for_writing(session, seen)
    fields = _fields(session, actor, config)
    draft = read(typed, config, fields)
    if draft.config is None:
        raise ServiceError("; ".join(f"{key}: {what}" for key, what in draft.errors.items()))
    return _followed(session, actor, row, (config, draft.config), fields, reason, at, None)


def rollback(
    session: Session, actor: Actor, version: int, reason: str, *, at: datetime, seen: int | None = None
) -> Saved:
    """A new version that says what an older one said. Raises as `save` does, and UnknownId."""
    require(actor, Permission.EDIT_SCORING)
    row, config = _present_for_writing(session, seen)
    wanted = _older(session, actor, version, config)
    return _followed(session, actor, row, (config, wanted), _fields(session, actor, config), reason, at, version)


def _followed(
    session: Session,
    actor: Actor,
    row: ScoringConfigVersion,
    configs: tuple[ScoringConfig, ScoringConfig],
    fields: Mapping[str, Field],
    reason: str,
    at: datetime,
    like: int | None,
) -> Saved:
    before, after = configs
    why = " ".join(reason.split())[:LONGEST_REASON]
    if before == after:
        raise ServiceError(f"nothing changed: version {row.version} says the same already")
    if not why:
        raise ServiceError("say why: everybody who looks at the ranking will ask")
    made = follow(session, row, after.to_dict(), actor=actor.name, at=at, why=why)
    old, new = _differing(before, after)
    told = {"version": made.version, **({"like": like} if like else {}), **new}
    record(
        session,
        CHANGED,
        SUBJECT,
        actor=actor.name,
        at=at,
        before={"version": row.version, **old},
        after=told,
        reason=why,
    )
    ranked = rank_after_decision(session, at)
    return Saved(made.version or 0, like, ranked, tuple(changes(before, after, fields)))


def _differing(before: ScoringConfig, after: ScoringConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the log keeps of both: each constant that differs, those of a table one by one."""
    old, new = _one_by_one(before), _one_by_one(after)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return {name: old.get(name) for name in names}, {name: new.get(name) for name in names}


def _one_by_one(config: ScoringConfig) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in config.to_dict().items():
        found |= {f"{name}.{word}": one for word, one in value.items()} if isinstance(value, dict) else {name: value}
    return found


def _present(session: Session) -> tuple[ScoringConfigVersion, ScoringConfig]:
    row = scoring_config(session)
    if row is None:
        raise ServiceError("the workspace has no scoring configuration yet: run `bridge init`")
    return row, ScoringConfig.from_dict(row.params)


def _present_for_writing(session: Session, seen: int | None) -> tuple[ScoringConfigVersion, ScoringConfig]:
    """Nobody else follows the present version meanwhile: whoever bumps the counter holds it."""
    bump(session, "scoring")
    row, config = _present(session)
    if seen is not None and seen != row.version:
        raise ServiceError(
            f"{row.actor} saved version {row.version} while you looked at version {seen}: load the page anew"
        )
    return row, config


def _older(session: Session, actor: Actor, version: int, present: ScoringConfig) -> ScoringConfig:
    """As it would stand now: with what follows the settings, and with the prices of who may not set them."""
    row = scoring_config(session, version)
    if row is None:
        raise UnknownId(f"there is no version {version} of the constants: `bridge scoring versions` lists them")
    kept = {name: present.to_dict()[name] for name in _not_theirs(actor)}
    return ScoringConfig.from_dict({**row.params, **kept})


def _not_theirs(actor: Actor) -> tuple[str, ...]:
    return FOLLOW_SETTINGS if may(actor, Permission.ADMINISTER) else (*FOLLOW_SETTINGS, SUPPLIERS)


def _groups(session: Session, actor: Actor, config: ScoringConfig) -> tuple[Group, ...]:
    priced: Sequence[str] = ()
    if may(actor, Permission.ADMINISTER):
        priced = [supplier.name for supplier in all_suppliers(session)]
        priced = sorted({*priced, *getattr(config, SUPPLIERS)})
    return groups(priced)


def _fields(session: Session, actor: Actor, config: ScoringConfig) -> dict[str, Field]:
    return fields_of(_groups(session, actor, config))
