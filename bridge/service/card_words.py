"""The parts of the card, one function each. Rule: a part says what it does not know; it never guesses."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bridge.analysis.card_text import (
    CHECKING,
    NOTHING_TO_SHARE,
    RECEIVED,
    REPORTED,
    Words,
    card_words,
    fix_line,
    safe_words,
    versions_out,
    workaround_line,
)
from bridge.analysis.remedy_lint import SAID, lint
from bridge.analysis.remedy_trust import PERMISSION, Doubt, Light
from bridge.analysis.versions import fits, is_behind, version_in
from bridge.service.account_names import without_names
from bridge.service.card_issue import Told
from bridge.service.card_view import NO_ISSUE, REGRESSION, Lamp, Say, Why, Workaround
from bridge.service.matching import folded, terms
from bridge.store.card_queries import Around, around, merged_here
from bridge.store.clusters import Cluster, Membership
from bridge.store.tickets import Ticket
from bridge.words import Origin, Zone

DEFAULT_CAUTION = "Do not guess a cause or a date."
NOT_FIXED = {
    Doubt.WITHDRAWN: "What was said before is withdrawn.",
    Doubt.REGRESSION: "Do not say that it is fixed{where}: customers report it again.",
    Doubt.CONFLICT: "Do not say that it is fixed{where}: the tracker contradicts it.",
}
"""Why the light is red, gravest first."""
NO_CONTACT = "Your team lead; nobody is named for this issue"
WORDS_SHOWN = 6


def lamp(told: Told) -> Lamp:
    trust, quote = told.standing.trust, told.standing.quote
    regression = Doubt.REGRESSION in trust.doubts
    return Lamp(
        light=trust.light,
        word=REGRESSION if regression else trust.word,
        permission=trust.permission,
        doubts=trust.doubts,
        confirmed_at=trust.confirmed_at,
        confirmed_by=trust.confirmed_by,
        since=told.cluster.created_at,
        reports_since=told.standing.reports_since if regression else 0,
        released_in=", ".join(versions_out(quote.fields)) or None if regression and quote else None,
    )


def no_issue_lamp(ticket: Ticket, at: datetime) -> Lamp:
    return Lamp(Light.GREY, NO_ISSUE, PERMISSION[Light.GREY], since=min(ticket.created_at, at))


def say(session: Session, told: Told, ticket: Ticket | None, at: datetime) -> Say:
    """The plan's words as far as the light allows; of a draft only those that would stand the lint."""
    trust, quote, language = told.standing.trust, told.standing.quote, ticket.language if ticket else None
    if trust.light is Light.RED and Doubt.WITHDRAWN not in trust.doubts:
        return _say(safe_words(CHECKING, language), language)
    if quote is None or (
        trust.suggested and any(p.level == "error" and p.field in SAID for p in lint(quote.fields, ()))
    ):
        return _say(safe_words(REPORTED, language), language)
    words = card_words(quote, trust.light, at.date(), language)
    if trust.suggested and without_names(session, [words.text]) != [words.text]:
        words = safe_words(REPORTED, language)
    return _say(words, language)


def received(ticket: Ticket) -> Say:
    return _say(safe_words(RECEIVED, ticket.language), ticket.language)


def _say(words: Words, wanted: str | None) -> Say:
    other = wanted if wanted and words.language and wanted != words.language else None
    return Say(words.text, words.language, words.safe, other)


def what_to_do(told: Told | None, ticket: Ticket | None) -> Workaround:
    quote = told.standing.quote if told else None
    if told is None or quote is None:
        return Workaround(None)
    line = workaround_line(quote.fields, told.standing.trust.light)
    if line is None or ticket is None:
        return Workaround(line)
    return Workaround(line, fits(quote.fields.get("workaround.applies_to_versions"), version_in(ticket.attributes)))


def when_fixed(told: Told | None, ticket: Ticket | None, at: datetime) -> str:
    quote = told.standing.quote if told else None
    if told is None or quote is None:
        return NOTHING_TO_SHARE
    released = told.standing.released_at
    line = fix_line(quote, told.standing.trust.light, at.date(), released.date() if released else None)
    version = version_in(ticket.attributes) if ticket else None
    behind = is_behind(version, versions_out(quote.fields)) if line.startswith("Fixed in") else None
    if behind is None:
        return line
    return f"{line}. This customer runs {version}: {'update needed' if behind else 'it is in there'}"


def caution(told: Told | None) -> str:
    """``dont_say``, and what the light itself forbids."""
    quote = told.standing.quote if told else None
    if told is None or quote is None:
        return DEFAULT_CAUTION
    own = " ".join(str(quote.fields.get("dont_say") or "").split())
    if told.standing.trust.light is Light.RED:
        versions = ", ".join(versions_out(quote.fields))
        reason = next(text for doubt, text in NOT_FIXED.items() if doubt in told.standing.trust.doubts)
        return f"{reason.format(where=f' in {versions}' if versions else '')} {own}".strip()
    return own or DEFAULT_CAUTION


def why(
    session: Session, told: Told, ticket: Ticket | None, member: Membership | None, there: Around | None = None
) -> Why:
    cluster = told.cluster
    there = there or around(session, cluster.id or 0, None, None)
    former = told.called or (_merged_from(session, cluster, ticket) if ticket and there.merged else None)
    own = ticket.account_ref if ticket else None
    title, before = without_names(session, [told.title, former or ""], own)
    words = shared_words(_text(session, ticket), [cluster.title, *cluster.phrases]) if ticket else ()
    return Why(
        title=title,
        words=words[:WORDS_SHOWN],
        by_person=member is not None and member.origin == Origin.HUMAN,
        alike=max(0, there.members - (1 if member else 0)),
        merged_from=before or None,
        zone=Zone(member.zone) if member else None,
    )


def _text(session: Session, ticket: Ticket) -> str:
    """What the ticket says, without the names of customers."""
    (text,) = without_names(session, [f"{ticket.subject} {ticket.embed_text}"], put=" ")
    return text


def shared_words(said_text: str, texts: list[str]) -> tuple[str, ...]:
    """Words of the issue that the ticket says, too, as the issue writes them."""
    said = {folded(word) for word in terms(said_text).values()}
    asked: dict[str, str] = {}
    for text in reversed(texts):
        asked = {**asked, **{form: word for form, word in terms(text).items() if form not in asked}}
    return tuple(word for form, word in asked.items() if form in said)


def _merged_from(session: Session, cluster: Cluster, ticket: Ticket) -> str | None:
    """What the ticket's issue was called before it was merged into this one."""
    merged = merged_here(session, cluster.id or 0)
    return next((loser.title for loser, event in merged if ticket.id in event.after.get("tickets", ())), None)


def escalation(told: Told | None) -> str:
    quote = told.standing.quote if told else None
    return " ".join(str((quote.fields.get("escalation_contact") if quote else None) or NO_CONTACT).split())
