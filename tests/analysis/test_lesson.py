"""Lessons: packed and read back alike, and garbage is no lesson."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.lesson import NOTHING, Lesson, learn, read_lesson

STORIES = [
    (f"firm{n}.example", f"The payment for order {n} was declined.\nSent from the tills of house {n % 3}")
    for n in range(40)
]
LESSON = learn(STORIES, b"key")


def test_a_lesson_cuts_and_repairs_and_is_read_back() -> None:
    kept = read_lesson(LESSON.to_bytes())
    assert kept == LESSON
    assert kept.version == LESSON.version != NOTHING.version
    text = kept.text("Paymnet", ["The paymnet was declined.\nSent from the tills of house 1"], None, b"key")
    assert "payment was declined" in text
    assert "tills" not in text


def test_the_order_of_the_texts_does_not_matter() -> None:
    assert learn(STORIES[::-1], b"key").version == LESSON.version


@given(st.binary(max_size=200), st.integers(0, 400))
def test_garbage_is_no_lesson(noise: bytes, cut: int) -> None:
    assert read_lesson(noise) in (NOTHING, Lesson())
    torn = LESSON.to_bytes()[: min(cut, len(LESSON.to_bytes()) - 1)]
    assert read_lesson(torn) == NOTHING
    assert read_lesson(None) == NOTHING
