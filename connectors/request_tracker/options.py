"""What a connection to Request Tracker can be told. Rule: every default is what RT itself starts with."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator

from connectors._options import HttpOptions

PRIORITY_WORDS = {"low": "low", "medium": "normal", "normal": "normal", "high": "high", "urgent": "urgent"}


class Options(HttpOptions, frozen=True):
    """``base_url`` is RT's web address; ``queues`` empty means all that the user may see.

    ``tags_field`` is a custom field for several values. ``priority_bands``: word -> the lowest number that has
    it; below all of them, as RT's initial 0, a priority counts as not set.
    """

    token: SecretStr
    queues: tuple[str, ...] = ()
    tags_field: str = "Tags"
    priority_bands: dict[str, int] = Field(default={"low": 1, "medium": 50, "high": 100})

    @field_validator("priority_bands")
    @classmethod
    def _known_words(cls, bands: dict[str, int]) -> dict[str, int]:
        unknown = sorted(bands.keys() - PRIORITY_WORDS.keys())
        if unknown:
            raise ValueError(f"unknown words {unknown}: use some of {sorted(PRIORITY_WORDS)}")
        return bands
