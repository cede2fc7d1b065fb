"""How money is written, on pages and in messages: one place, so that a figure reads the same everywhere. Pure."""

from __future__ import annotations

_MINUS = "−"
_HALF, _K, _M = 0.5, 1_000, 1_000_000


def money(amount: float | None) -> str:
    """Whole below 1,000, one decimal of thousands below a million, then millions: 588, 99.6k, 1.24m."""
    if amount is None:
        return "not known"
    sign, size = (_MINUS if amount <= -_HALF else ""), abs(amount)
    if round(size) < _K:
        return f"{sign}{size:.0f}"
    if round(size, -2) < _M:
        return f"{sign}{size / _K:.1f}k"
    return f"{sign}{size / _M:.2f}m"


def change(amount: float | None) -> str:
    """A difference of money with its sign: +0.3k, −1.1k, 0."""
    if amount is None:
        return ""
    if abs(amount) < _HALF:
        return "0"
    return f"+{money(amount)}" if amount > 0 else money(amount)
