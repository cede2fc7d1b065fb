"""What stands beside a score. Rule: for those who may read values."""

from __future__ import annotations

from datetime import datetime

from bridge.web.api.schemas.common import Out


class RiceOut(Out):
    """reach * impact * confidence / effort."""

    reach: int
    impact: float
    confidence: float
    effort: float
    score: float


class BesideOut(Out):
    """Money per year, but ``week`` per week and ``wsjf`` per person-week of ``effort``. Null: not known."""

    week: float
    support_cost: float | None
    growth: float | None
    blocked_share: float | None
    effort: float | None
    by: str | None
    at: datetime | None
    wsjf: float | None
    rice: RiceOut | None
