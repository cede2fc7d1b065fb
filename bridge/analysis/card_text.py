"""What an agent may say now: the words of a plan as the light allows, or a sentence that is always safe.

Rule: only green names a date or a version. Elsewhere a sentence with one is left out whole, so that what stays is still
language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bridge.analysis.dates import names_a_date
from bridge.analysis.language import language_of
from bridge.analysis.remedy_fields import Fields
from bridge.analysis.remedy_states import SKELETON, review_due
from bridge.analysis.remedy_text import MONTHS, NO_DATE, Quote, eta_text, filled
from bridge.analysis.remedy_trust import Light
from bridge.words import RemedyState, WorkaroundKind

NOTHING_TO_SHARE = "No date to share"
DEFAULT = "en"

REPORTED: Mapping[str, str] = {
    "en": "We have reported this to our product team. There is no plan yet that we can share.",
    "de": "Wir haben das an unser Produktteam gemeldet. Einen Plan, den wir nennen können, gibt es noch nicht.",
    "fr": "Nous avons signalé cela à notre équipe produit. Il n’y a pas encore de plan que nous puissions partager.",
    "es": "Hemos informado de esto a nuestro equipo de producto. Aún no hay un plan que podamos compartir.",
    "nl": "We hebben dit gemeld bij ons productteam. Er is nog geen plan dat we kunnen delen.",
}
RECEIVED: Mapping[str, str] = {
    "en": "Thank you, we have your report and are looking at it.",
    "de": "Vielen Dank, wir haben Ihre Meldung und sehen sie uns an.",
    "fr": "Merci, nous avons bien reçu votre message et l’examinons.",
    "es": "Gracias, hemos recibido su mensaje y lo estamos revisando.",
    "nl": "Dank u, we hebben uw melding en kijken ernaar.",
}
CHECKING: Mapping[str, str] = {
    "en": "Thank you for telling us. We are checking why this still happens.",
    "de": "Danke für den Hinweis. Wir prüfen, warum das noch immer geschieht.",
    "fr": "Merci de nous l’avoir signalé. Nous vérifions pourquoi cela se produit encore.",
    "es": "Gracias por avisarnos. Estamos comprobando por qué sigue ocurriendo.",
    "nl": "Bedankt voor uw melding. We zoeken uit waarom dit nog steeds gebeurt.",
}
"""Sentences that promise nothing, by the language of the ticket."""

_UNDATED: Mapping[RemedyState, str] = {
    RemedyState.INVESTIGATING: "We are investigating this.",
    RemedyState.FIX_READY: "We are preparing the fix.",
    RemedyState.RELEASED: "There is an update for this.",
    RemedyState.VERIFIED: "There is an update for this.",
}
_SENTENCE = re.compile(r"(?<=[!?])\s+|(?<=[^\W\d_][.])\s+|(?<=[)\]\"'”»…][.])\s+")
"""A full stop behind a number ends no sentence: "am 3. April"."""
_PLACEHOLDER = re.compile(r"\{\w+\}")


@dataclass(frozen=True, slots=True)
class Words:
    """``language``: ISO 639-1, None where it is not known. ``safe``: a sentence of ours, not the plan's words."""

    text: str
    language: str | None
    safe: bool


def safe_words(sentences: Mapping[str, str], language: str | None) -> Words:
    """The sentence in the ticket's language, else in English."""
    spoken = language if language in sentences else DEFAULT
    return Words(sentences[str(spoken)], spoken, safe=True)


def card_words(quote: Quote, light: Light, on: date, language: str | None) -> Words:
    """What to tell the customer on a day: the short words of the plan, else the long, else those of its state."""
    if light not in (Light.GREEN, Light.AMBER):
        return safe_words(REPORTED, language)
    short, long = (str(quote.fields.get(name) or "") for name in ("say_short", "say"))
    text = short or long or SKELETON[quote.state]
    if light is Light.AMBER:
        text = undated(text) or undated(SKELETON[quote.state]) or _UNDATED.get(quote.state, "")
    else:
        text = filled(text, quote, on)
    if not text:
        return safe_words(REPORTED, language)
    return Words(text, _language(f"{short} {long}") if short or long else DEFAULT, safe=False)


@lru_cache(maxsize=4096)
def _language(text: str) -> str | None:
    """Plans are few, their words do not change, and telling a language takes a while."""
    return language_of(text, None)


def undated(text: str) -> str:
    """The sentences that name neither a date nor a version nor anything that a rule would fill in."""
    sentences = _SENTENCE.split(" ".join(text.split()))
    return " ".join(s for s in sentences if s and not _PLACEHOLDER.search(s) and not names_a_date(s))


def fix_line(quote: Quote, light: Light, on: date, released: date | None) -> str:
    """When the customer gets it, if that may be said."""
    if light is not Light.GREEN:
        return NOTHING_TO_SHARE
    version = quote.fields.get("fix_version")
    if quote.state in (RemedyState.RELEASED, RemedyState.VERIFIED):
        since = f", released {short_day(released, on)}" if released else ""
        return f"Fixed in {', '.join(versions_out(quote.fields)) or 'the newest version'}{since}"
    if quote.state is RemedyState.FIX_READY:
        return f"Done, will be in {version}" if version else NOTHING_TO_SHARE
    if quote.state is RemedyState.DECLINED:
        due = review_due(quote.state, quote.approved_at)
        return f"Not planned. Looked at again on {short_day(due.date(), on)}" if due else "Not planned"
    if quote.state not in (RemedyState.PLANNED, RemedyState.IN_PROGRESS):
        return NOTHING_TO_SHARE
    eta = eta_text(quote.fields, on)
    if eta == NO_DATE:
        return NOTHING_TO_SHARE
    known = version and quote.fields.get("eta.kind") != "version"
    told = eta.removeprefix("It is ").rstrip(".")
    return f"{told[:1].upper()}{told[1:]}" + (f", in version {version}" if known else "")


def versions_out(fields: Fields) -> list[str]:
    """The versions that hold the fix, in the order of their channels."""
    return [str(channel["version"]) for channel in fields.get("fixed_in_channels") or ()]


def workaround_line(fields: Fields, light: Light) -> str | None:
    """The way around on one line; None: there is none, or the light does not let it be told."""
    if light in (Light.GREY, Light.RED):
        return None
    kind, steps = fields.get("workaround.kind"), fields.get("workaround.steps_customer")
    if kind in (None, WorkaroundKind.NONE) or not steps:
        return None
    steps = " ".join(str(steps).split())
    return steps if light is Light.GREEN else undated(steps) or None


def short_day(day: date, on: date) -> str:
    """3 Nov, with the year where it is another one."""
    text = f"{day.day} {MONTHS[day.month - 1][:3]}"
    return text if day.year == on.year else f"{text} {day.year}"
