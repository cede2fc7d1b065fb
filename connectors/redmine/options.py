"""What a connection to Redmine can be told. Rule: Redmine's numbers and identifiers, as its pages show them."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, SecretStr

from connectors._options import HttpOptions
from connectors.base import PriorityLevel


class Options(HttpOptions, frozen=True):
    """``project`` is the identifier in the project's address, ``projects`` others that issues may go to; ``tracker`` a
    name such as "Bug" (default: the project's first). ``marker_field`` is the number of an issue field of format Text,
    "Used as a filter", that takes our key; without it the key stands in the description alone. ``labels_field`` is the
    number of one that takes labels, with commas between. ``priorities`` names Redmine's priority for a level; a level
    without a name gets the highest, the one below it, or the default.
    """

    api_key: SecretStr
    project: str
    projects: tuple[str, ...] = ()
    tracker: str | None = None
    marker_field: int | None = None
    labels_field: int | None = None
    priorities: Mapping[PriorityLevel, str] = Field(default_factory=dict)
