"""What a connection to Redmine can be told. Rule: Redmine's numbers and identifiers, as its pages show them."""

from __future__ import annotations

from pydantic import SecretStr

from connectors._options import HttpOptions


class Options(HttpOptions, frozen=True):
    """``project`` is the identifier in the project's address; ``tracker`` a name such as "Bug" (default: the
    project's first). ``marker_field`` is the number of an issue field of format Text, "Used as a filter", that
    takes our key; without it the key stands in the description alone.
    """

    api_key: SecretStr
    project: str
    tracker: str | None = None
    marker_field: int | None = None
