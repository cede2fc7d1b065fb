"""Whether something fits the version that a customer runs. Rule: what cannot be told is unknown, never yes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version


class Fits(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def version_in(attributes: Mapping[str, Any]) -> str | None:
    """The product's version as the desk has it: the first attribute whose name ends so and whose value is one."""
    names = sorted(name for name in attributes if name.lower().endswith("version"))
    return next((str(attributes[name]) for name in names if _version(str(attributes[name]))), None)


def fits(range_text: str | None, version: str | None) -> Fits:
    """Whether a version lies in a range such as ">=4.1,<4.3" or "4.1"."""
    running = _version(version)
    if running is None or not range_text:
        return Fits.UNKNOWN
    try:
        wanted = SpecifierSet(range_text if range_text[0] in "<>=!~" else f"=={range_text}.*")
    except InvalidSpecifier:
        return Fits.UNKNOWN
    return Fits.YES if wanted.contains(running, prereleases=True) else Fits.NO


def is_behind(version: str | None, fixed_in: Iterable[str]) -> bool | None:
    """Whether a version is older than every one that holds the fix; None where that cannot be told."""
    running, fixed = _version(version), [found for text in fixed_in if (found := _version(text))]
    return running < min(fixed) if running and fixed else None


def _version(text: str | None) -> Version | None:
    try:
        return Version(text) if text else None
    except InvalidVersion:
        return None
