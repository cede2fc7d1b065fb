"""Request Tracker 5 over REST2: a help desk, and a sink for remedies.

Rule: a remedy goes to /comment, which staff alone can read, never to /correspond, which mails the customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar

from connectors._body import is_signed, sign
from connectors._http import Http, segment
from connectors.base import (
    AuthFailed,
    CreateGuarantee,
    InDoubt,
    NotFound,
    Page,
    Permanent,
    Ref,
    RemedyMessage,
    Ticket,
    Transient,
)
from connectors.request_tracker import mapping, options, rest
from connectors.request_tracker.check import check
from connectors.request_tracker.pull import pull, url

OUR_TAGS = "bridge-"


class RequestTracker:
    Options = options.Options
    status_words: Mapping[str, str] = {
        "new": "new",
        "open": "open",
        "stalled": "pending",
        "resolved": "solved",
        "rejected": "closed",
        "deleted": "closed",
    }
    priority_words: Mapping[str, str] = options.PRIORITY_WORDS
    create_guarantee: ClassVar[CreateGuarantee] = CreateGuarantee("consistent_lookup")

    def __init__(self, options: options.Options, *, name: str) -> None:
        self.name, self._options = name, options
        self._http = Http(
            options, name=name, auth=lambda: {"Authorization": f"token {options.token.get_secret_value()}"}
        )

    def check(self) -> str:
        return check(self._http, self._options.token.get_secret_value(), self._options.queues)

    def pull_tickets(self, cursor: str | None) -> Iterator[Page[Ticket]]:
        return pull(self._http, self._options, cursor)

    def push_remedy(self, ticket_id: str, remedy: RemedyMessage, *, key: str) -> Ref:
        note = {"Content": sign(remedy.text, key), "ContentType": "text/plain"}
        try:
            answer = self._http.write("POST", f"{_path(ticket_id)}/comment", json=note)
        except NotFound:
            raise
        except Permanent as refused:
            self._ticket(ticket_id)  # RT says "Permission Denied" of a ticket that does not exist, too
            raise Permanent(f"{refused}. Does the user have the right CommentOnTicket there?") from refused
        transaction = answer.headers.get("Location", "").rpartition("/")[2]
        if not transaction:
            raise InDoubt(
                f"{self.name}: RT's answer ({answer.status}) to a note in ticket {ticket_id} names no transaction"
            )
        self._confirm_internal(ticket_id, transaction)
        return self._ref(ticket_id, transaction)

    def find_remedy(self, ticket_id: str, key: str) -> Ref | None:
        self._ticket(ticket_id)  # a hidden ticket answers with an empty history, which would look like absence
        path = f"ticket/{segment(ticket_id)}"
        history = rest.rows(self._http, f"{path}/history", "Type", ("Type", "=", "Comment"))
        comments = {str(row["id"]) for row in history}
        # All texts are read: a database may keep long ones encoded, where a search for the key finds nothing.
        for note in rest.rows(
            self._http, f"{path}/attachments", "TransactionId,Content", ("ContentType", "=", "text/plain")
        ):
            transaction = str(note["TransactionId"])
            if transaction in comments and is_signed(str(note["Content"]), key):
                return self._ref(ticket_id, transaction)
        return None

    def set_fields(self, ticket_id: str, fields: Mapping[str, str], tags: AbstractSet[str]) -> None:
        """See RemedySink. RT answers 200 to fields that it ignores or refuses, so they are read back."""
        before = self._custom_fields(ticket_id)
        wanted = self._wanted(before, fields, tags)
        missing = sorted(wanted.keys() - before.keys())
        if missing:
            raise Permanent(
                f"{self.name}: ticket {ticket_id} has no custom field {_list(missing)}: apply it to the ticket's "
                "queue and give the user SeeCustomField, or take it out of the configuration"
            )
        changed = {name: list(values) for name, values in wanted.items() if set(values) != set(before[name])}
        if not changed:
            return
        said = self._http.write_json("PUT", _path(ticket_id), {"CustomFields": changed})
        after = self._custom_fields(ticket_id)
        refused = sorted(name for name in changed if set(after.get(name, ())) == set(before[name]))
        if refused:
            raise Permanent(
                f"{self.name}: ticket {ticket_id}: {_list(refused)} was not changed: {said or 'no reason given'}. "
                "Check the field's allowed values and the right ModifyCustomField"
            )

    def _wanted(
        self, before: Mapping[str, Sequence[str]], fields: Mapping[str, str], tags: AbstractSet[str]
    ) -> dict[str, tuple[str, ...]]:
        """All values that the fields shall have; RT replaces a field's values by those that are sent."""
        wanted: dict[str, tuple[str, ...]] = {name: (value,) if value else () for name, value in fields.items()}
        present = before.get(self._options.tags_field, ())
        if tags or any(tag.startswith(OUR_TAGS) for tag in present):
            kept = tuple(tag for tag in present if not tag.startswith(OUR_TAGS))
            wanted[self._options.tags_field] = (*kept, *sorted(tags))
        return wanted

    def _custom_fields(self, ticket_id: str) -> dict[str, tuple[str, ...]]:
        return mapping.custom_fields(self._ticket(ticket_id)) or {}

    def _ticket(self, ticket_id: str) -> dict[str, Any]:
        """Raises NotFound, or AuthFailed where the user may not see it."""
        found: dict[str, Any] = self._http.get_json(_path(ticket_id))
        return found

    def _confirm_internal(self, ticket_id: str, transaction: str) -> None:
        what = f"{self.name}: the note {transaction} in ticket {ticket_id}"
        try:
            kind = self._http.get_json(f"{rest.API}/transaction/{segment(transaction)}")["Type"]
        except Transient as later:
            raise InDoubt(f"{what} was written but could not be read back: {later}") from later
        except (AuthFailed, Permanent, LookupError, TypeError) as hidden:
            raise Permanent(
                f"{what} was written but cannot be read back: give the user the right ShowTicketComments"
            ) from hidden
        if kind != "Comment":
            raise Permanent(f"{what} is a {kind}, not an internal comment: look at it, and at RT's configuration")

    def _ref(self, ticket_id: str, transaction: str) -> Ref:
        return Ref(transaction, f"{url(self._http, ticket_id)}#txn-{transaction}")


def _path(ticket_id: str) -> str:
    return f"{rest.API}/ticket/{segment(ticket_id)}"


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
