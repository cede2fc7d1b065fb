"""What a connection to Request Tracker can be told. Rule: every default is what RT itself starts with."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from connectors._options import HttpOptions

Word = Literal["low", "medium", "normal", "high", "urgent"]


class Options(HttpOptions, frozen=True):
    """``base_url`` is RT's web address; ``queues`` empty means all that the user may see.

    ``tags_field`` is a custom field for several values. ``priority_bands``: word -> the lowest number that has
    it; below all of them, as RT's initial 0, a priority counts as not set.
    """

    token: SecretStr
    queues: tuple[str, ...] = ()
    tags_field: str = "Tags"
    priority_bands: dict[Word, int] = Field(default={"low": 1, "medium": 50, "high": 100})
