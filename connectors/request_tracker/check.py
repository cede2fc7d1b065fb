"""Whether a connection can work, and what to mend.

Rule: rights are judged by what RT shows this user, since REST2 has no list of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from connectors._http import Http, segment
from connectors.base import NotFound, Permanent
from connectors.request_tracker import rest
from connectors.request_tracker.mapping import custom_fields, utc

_TOKEN = re.compile(r"\d+-(?P<user>\d+)-\w+")
_ONE_SECOND = timedelta(seconds=1)


def check(http: Http, token: str, wanted: Sequence[str]) -> str:
    """Who we are and which queues are seen. Raises ConnectorError naming the missing queue or right."""
    version = http.get_json(f"{rest.API}/rt")["Version"]
    queues = {str(row["Name"]) for row in rest.rows(http, "queues/all", "Name")}
    unseen = sorted(set(wanted) - queues)
    if unseen:
        raise Permanent(
            f"queue {', '.join(map(repr, unseen))} is not visible: check the name, and the right SeeQueue there"
        )
    if not queues:
        raise Permanent("no queue is visible: give the user the right SeeQueue")
    told = [f"Request Tracker {version} as {_whoami(http, token)}", f"queues {', '.join(sorted(queues))}"]
    newest = _newest(http, wanted)
    if newest is None:
        return "; ".join([*told, "no ticket is visible yet, so rights on tickets were not checked"])
    _check_timezone(http, newest)
    _check_rights(http, newest)
    return "; ".join(told)


def _whoami(http: Http, token: str) -> str:
    """RT names the token's user nowhere, but the token itself carries the user's number."""
    found = _TOKEN.fullmatch(token)
    if not found:
        return "an unknown user"
    try:
        return str(http.get_json(f"{rest.API}/user/{found['user']}")["Name"])
    except NotFound:
        return "an unknown user"


def _newest(http: Http, queues: Sequence[str]) -> str | None:
    where = " OR ".join(f"Queue = {rest.quoted(queue)}" for queue in queues) or "id > 0"
    found = _search(http, where, orderby="LastUpdated", order="DESC")["items"]
    return str(found[0]["id"]) if found else None


def _check_timezone(http: Http, ticket_id: str) -> None:
    """Asks for the ticket by its own time: found only if TicketSQL reads times as UTC."""
    at = utc(http.get_json(f"{rest.API}/ticket/{segment(ticket_id)}")["LastUpdated"])
    during = f"LastUpdated >= '{rest.sql_time(at)}' AND LastUpdated < '{rest.sql_time(at + _ONE_SECOND)}'"
    if _search(http, f"id = {int(ticket_id)} AND {during}")["total"]:
        return
    if utc(http.get_json(f"{rest.API}/ticket/{segment(ticket_id)}")["LastUpdated"]) == at:
        raise Permanent(
            "Request Tracker reads times in a zone other than UTC for this user, so changes would be missed: set "
            "Timezone to UTC in the user's preferences"
        )


def _check_rights(http: Http, ticket_id: str) -> None:
    ticket = http.get_json(f"{rest.API}/ticket/{segment(ticket_id)}")
    offered = {str(link.get("ref")) for link in ticket["_hyperlinks"]}
    missing = ["CommentOnTicket"] if "comment" not in offered else []
    if custom_fields(ticket) is None:
        missing.append("SeeCustomField")
    if missing:
        raise Permanent(
            f"the user lacks the right {' and '.join(missing)}, seen at ticket {ticket_id}: grant it on its queue"
        )


def _search(http: Http, query: str, **order: str) -> dict[str, Any]:
    found: dict[str, Any] = http.get_json(
        f"{rest.API}/tickets", {"query": query, "fields": "LastUpdated", "per_page": 1, **order}
    )
    return found
