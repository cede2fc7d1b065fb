"""How much of the issues and their money each role may see, where no person asks but a message is written for one.

Rule: these are the rows of domain.md 6.4; the matrix of the service decides, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from bridge.words import NoticeChoice, NoticeKind, Role

SUM_OF = 5
"""A sum over fewer accounts tells too much of one of them."""

_BANDS = ((10_000, "<10k"), (100_000, "10–100k"))


class Sight(Enum):
    """NONE: no money. SUMS: sums of five accounts and more, else bands, no names. ALL: amounts and names."""

    NONE = auto()
    SUMS = auto()
    ALL = auto()


READERS: Mapping[Role, Sight] = {
    Role.AGENT: Sight.NONE,
    Role.PRODUCT_MANAGER: Sight.ALL,
    Role.SUPPLIER_MANAGER: Sight.SUMS,
    Role.CSM: Sight.ALL,
    Role.ADMIN: Sight.ALL,
}
"""Roles that may read issues, and what of their money. Nobody else is told of any."""

_K, _C = NoticeKind, NoticeChoice
DEFAULTS: Mapping[Role, Mapping[NoticeKind, NoticeChoice]] = {
    Role.PRODUCT_MANAGER: {
        _K.EMERGING: _C.NOW,
        _K.TOP10: _C.NOW,
        _K.PREMIUM: _C.NOW,
        _K.UNPLANNED: _C.NOW,
        _K.WEEKLY: _C.DIGEST,
    },
    Role.CSM: {_K.EMERGING: _C.DIGEST, _K.TOP10: _C.DIGEST, _K.PREMIUM: _C.NOW, _K.WEEKLY: _C.DIGEST},
    Role.SUPPLIER_MANAGER: {_K.EMERGING: _C.DIGEST, _K.TOP10: _C.DIGEST, _K.WEEKLY: _C.DIGEST},
}
"""Domain.md 3.5, by role; what is not there is off until somebody asks for it."""


def default_choice(role: Role, kind: NoticeKind) -> NoticeChoice:
    return DEFAULTS.get(role, {}).get(kind, NoticeChoice.OFF)


def band(amount: float) -> str:
    """The word for an amount that must not be told."""
    return next((word for top, word in _BANDS if amount < top), ">100k")
