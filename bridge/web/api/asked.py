"""What stands in a path, read. Rule: an id that nothing can have is answered like one that nothing has."""

from __future__ import annotations

from bridge.service.errors import UnknownId
from bridge.web.api.schemas.common import BIG
from bridge.words import parse_cluster_id


def issue_id(text: str) -> int:
    """IB-12 or 12. Raises UnknownId."""
    try:
        number = parse_cluster_id(text)
    except ValueError as error:
        raise UnknownId(str(error)) from None
    if not text.isascii() or number > BIG:
        raise UnknownId(f"there is no issue {text[:20]}")
    return number


def row_id(text: str, what: str) -> int:
    """Raises UnknownId."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:12]) <= BIG):
        raise UnknownId(f"there is no {what} {text[:20]}")
    return int(text)
