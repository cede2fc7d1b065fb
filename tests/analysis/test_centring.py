"""Languages of a frame: tickets of one language do not stick together, and where one is spoken nothing changes."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.centring import FEWEST, Shrinking, centre_of, nearest
from bridge.analysis.clustering import group
from bridge.analysis.embedding import Vectors
from bridge.analysis.smoothing import Smoothing, make_frame, read_frame

DIM = 48
LANGUAGES = ("en", "de", "fr")
EACH = 60
ISSUES = 6


def unit(rows: np.ndarray) -> Vectors:
    scaled: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def spoken(seed: int, sizes: Sequence[int] = (4 * EACH, EACH, EACH)) -> tuple[Vectors, list[str], list[int]]:
    """Vectors, languages and issues: what the model does not know lies close together, its issues hardly apart."""
    rng = np.random.default_rng(seed)
    corners = 2.2 * unit(rng.normal(size=(len(LANGUAGES), DIM)))
    corners[0] *= 0.2
    issues = unit(rng.normal(size=(ISSUES, DIM)))
    tongue = np.repeat(np.arange(len(sizes)), sizes)
    issue = rng.integers(0, ISSUES, len(tongue))
    noise = 0.3 * rng.normal(size=(len(tongue), DIM)) / np.sqrt(DIM)
    return unit(corners[tongue] + issues[issue] + noise), [LANGUAGES[row] for row in tongue], issue.tolist()


def wrong_pairs(vectors: Vectors, languages: Sequence[str | None], issues: Sequence[int], of: np.ndarray) -> int:
    """Pairs of two issues that lie in one cluster, among the rows that ``of`` names."""
    tickets = range(len(vectors))
    frame = make_frame(tickets, vectors, Smoothing(), languages)
    plan = group(tickets, vectors, {}, consolidating=True, frame=frame)
    found = np.array([plan.assign[ticket].cluster for ticket in tickets])[of]
    own = np.array(issues)[of]
    return int(((found[:, None] == found) & (own[:, None] != own)).sum()) // 2


@pytest.mark.parametrize("seed", range(3))
def test_tickets_of_one_language_do_not_stick_together(seed: int) -> None:
    vectors, languages, issues = spoken(seed)
    others = np.flatnonzero(np.array(languages) != "en")
    before = wrong_pairs(vectors, [], issues, others)
    assert before > 1000
    assert wrong_pairs(vectors, languages, issues, others) < before / 5


@given(st.integers(0, 1000), st.sampled_from([("en",), ("en", None), (None,), ("de", None)]))
def test_one_language_changes_nothing(seed: int, told: tuple[str | None, ...]) -> None:
    vectors, _, _ = spoken(seed, (80, 0, 0))
    rng = np.random.default_rng(seed)
    languages = [told[pick] for pick in rng.integers(0, len(told), len(vectors))]
    plain = make_frame(range(80), vectors, Smoothing())
    frame = make_frame(range(80), vectors, Smoothing(), languages)
    assert frame.pack() == plain.pack()
    np.testing.assert_array_equal(frame.view(vectors), plain.view(vectors))


@given(st.integers(0, 1000))
def test_a_language_told_at_random_changes_nothing(seed: int) -> None:
    vectors, _, _ = spoken(seed, (200, 0, 0))
    told = np.random.default_rng(seed).choice(["en", "en", "en", "de", "fr"], len(vectors)).tolist()
    plain, frame = make_frame(range(200), vectors, Smoothing()), make_frame(range(200), vectors, Smoothing(), told)
    np.testing.assert_array_equal(frame.view(vectors), plain.view(vectors))


@given(st.integers(0, 200))
def test_the_order_of_tickets_does_not_matter(seed: int) -> None:
    vectors, languages, _ = spoken(seed)
    order = np.random.default_rng(seed + 1).permutation(len(vectors))
    one = centre_of(vectors, languages, Shrinking())
    other = centre_of(vectors[order], [languages[row] for row in order], Shrinking())
    assert len(one.corners) == len(LANGUAGES)
    np.testing.assert_allclose(one.centred(vectors), other.centred(vectors), atol=1e-5)


def test_a_text_too_short_to_tell_lies_where_its_vector_lies() -> None:
    vectors, languages, _ = spoken(0)
    rng = np.random.default_rng(0)
    told = [code if rng.random() < 0.2 else None for code in languages]
    found = nearest(vectors, centre_of(vectors, told, Shrinking()).corners)
    by_code = sorted(LANGUAGES)
    assert np.mean([by_code[row] == code for row, code in zip(found, languages, strict=True)]) > 0.99


@pytest.mark.parametrize(("count", "corners"), [(FEWEST - 1, 0), (FEWEST, 2)])
def test_a_handful_is_no_language(count: int, corners: int) -> None:
    vectors, languages, _ = spoken(0, (100, count, 0))
    assert len(centre_of(vectors, languages, Shrinking()).corners) == corners


@pytest.mark.parametrize(("count", "share"), [(5, 0.2), (10, 1 / 3), (20, 0.5), (60, 0.5)])
def test_little_is_taken_off_a_language_of_few_and_never_more_than_half(count: int, share: float) -> None:
    vectors, languages, _ = spoken(0, (300, count, 0))
    centre = centre_of(vectors, languages, Shrinking())
    np.testing.assert_allclose(centre.offsets[0], share * vectors[300:].mean(axis=0), atol=1e-6)
    np.testing.assert_array_equal(centre.offsets[1], centre.mean)


def test_a_frame_of_several_languages_shows_the_same_after_it_was_stored() -> None:
    vectors, languages, _ = spoken(0)
    frame = make_frame(range(len(vectors)), vectors, Smoothing(), languages)
    again = read_frame(frame.pack(), Smoothing())
    np.testing.assert_allclose(again.view(vectors), frame.view(vectors), atol=2e-3)


def test_a_frame_that_was_stored_before_languages_counted_is_read() -> None:
    vectors, _, _ = spoken(0)
    plain = make_frame(range(len(vectors)), vectors, Smoothing())
    packed = io.BytesIO()
    np.savez(packed, mean=plain.centre.mean, anchors=plain.anchors.astype("<f2"))
    again = read_frame(packed.getvalue(), Smoothing())
    np.testing.assert_array_equal(again.view(vectors), plain.view(vectors))


def test_as_many_languages_as_vectors_or_none() -> None:
    vectors, languages, _ = spoken(0)
    with pytest.raises(ValueError, match="360 vectors"):
        make_frame(range(len(vectors)), vectors, Smoothing(), languages[1:])
