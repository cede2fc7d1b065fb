"""Which lines can be titles: what is hollow, what is cut away, and when a known title may change."""

from __future__ import annotations

import pytest

from bridge.analysis.labelling import Labeller
from bridge.analysis.titles import cleaned, is_hollow, worth_renaming


@pytest.mark.parametrize(
    "line",
    [
        "Urgent", "URGENT!!", "Help please", "Chat with Ann Miller", "Conversation with Tumblewick", "Chat transcript",
        "Dringende Anfrage", "Frage", "Aide", "Consulta urgente", "Vraag", "My name is Ann Miller", "12345", "???",
        "Ich bin Karla Weiss", "Missed call from Ann", "Thank you very much", "Kontaktformular",
    ],
)  # fmt: skip
def test_hollow(line: str) -> None:
    assert is_hollow(line)


@pytest.mark.parametrize(
    "line", ["Export stops", "Rechnung doppelt", "Chat window stays white", "Impression de travers"]
)
def test_not_hollow(line: str) -> None:
    assert not is_hollow(line)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("Hello team, the export stops at row 100", "the export stops at row 100"),
        ("Unfortunately the export stops. Thanks in advance!", "the export stops"),
        ("AW: Guten Tag Frau Meier, der Export bricht ab, danke", "der Export bricht ab"),
        ("Cancel my purchase 113542617735902?", "Cancel my purchase"),
        ("Payment missing for invoice no. INV-20931", "Payment missing for invoice"),
        ("Bonjour, le mot de passe est refusé, merci d'avance", "le mot de passe est refusé"),
        ("Hello", "Hello"),
    ],
)
def test_cleaned(line: str, kept: str) -> None:
    assert cleaned(line) == kept


def test_a_hollow_subject_of_all_is_not_the_title() -> None:
    texts = [f"Chat with Ann\nThe export stops at row {n}00 with an error" for n in range(1, 7)]
    label = Labeller(texts).label(["Chat with Ann"] * 6, texts)
    assert label.title.startswith("The export stops at row")
    assert not any("chat" in phrase or "ann" in phrase.split() for phrase in label.phrases[:2])


def test_a_hollow_subject_is_better_than_nothing() -> None:
    assert Labeller(["Help"]).label(["Help"], [""]).title == "Help"


def test_the_language_of_most() -> None:
    texts = ["The export of our invoices is not working", "Our export of invoices stopped", "Why is the export broken"]
    texts.append("Der Export der Rechnungen bricht ab und wir können nicht arbeiten export invoices")
    assert Labeller(texts).label([""] * 4, texts, [0.5, 0.5, 0.5, 0.6]).title in set(texts[:3])


def test_names_and_placeholders_count_less() -> None:
    texts = ["The label of Ann Miller prints crooked", "The label prints crooked", "[EMAIL] label prints crooked"]
    assert Labeller(texts).label([""] * 3, texts).title == "The label prints crooked"


def test_phrases_are_no_forms_of_one_word() -> None:
    texts = ["exports stopped", "export stopped", "exporting stopped again", "exported file stopped"] * 2
    phrases = Labeller([*texts, "invoice missing", "login fails"]).label([""] * 8, texts).phrases
    assert sum("export" in phrase for phrase in phrases) == 1


@pytest.mark.parametrize(
    ("then", "now", "known", "found", "may"),
    [(5, 15, 1.0, 1.5, True), (5, 14, 1.0, 3.0, False), (5, 50, 1.0, 1.4, False), (0, 50, 0.0, 1.0, False)],
)
def test_a_known_title_stays_unless_the_issue_outgrew_it(
    then: int, now: int, known: float, found: float, may: bool
) -> None:
    assert worth_renaming(then, now, known, found) is may


@pytest.mark.parametrize(
    ("whole", "hanging"),
    [
        ("The invoice export stops halfway", "And then the invoice export stops"),
        ("Der Rechnungsexport bricht ab", "Aber der Rechnungsexport bricht ab"),
        ("The invoice export stops halfway", "Since the invoice export stops"),
    ],
)
def test_half_a_thought_counts_less(whole: str, hanging: str) -> None:
    texts = [f"{hanging}. {whole}.", f"{hanging}. {whole}."]
    assert Labeller(texts).label(["", ""], texts).title == whole
