"""Version ranges: yes, no, and unknown wherever it cannot be told."""

from __future__ import annotations

import pytest

from bridge.analysis.versions import Fits, fits, is_behind, version_in


@pytest.mark.parametrize(
    ("range_text", "version", "expected"),
    [
        (">=4.1,<4.3", "4.1.1", Fits.YES),
        (">=4.1,<4.3", "4.3.0", Fits.NO),
        ("4.1", "4.1.7", Fits.YES),
        ("4.1", "4.2", Fits.NO),
        (None, "4.1", Fits.UNKNOWN),
        (">=4.1", None, Fits.UNKNOWN),
        ("the old one", "4.1", Fits.UNKNOWN),
        (">=4.1", "newest", Fits.UNKNOWN),
    ],
)
def test_fits(range_text: str | None, version: str | None, expected: Fits) -> None:
    assert fits(range_text, version) is expected


def test_behind_only_where_both_are_known() -> None:
    assert is_behind("4.1.3", ["4.2.0"]) is True
    assert is_behind("4.2.1", ["4.2.0", "4.1.9"]) is False
    assert is_behind(None, ["4.2.0"]) is None
    assert is_behind("4.1", []) is None


def test_version_is_the_first_attribute_that_is_one() -> None:
    assert version_in({"browser_version": "unknown", "product_version": "4.1.3"}) == "4.1.3"
    assert version_in({"plan": "4.1.3"}) is None
