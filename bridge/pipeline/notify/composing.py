"""A stored message -> the words that leave, for the one who reads them, as they may see things at this moment.

Rule: who has since been disabled, lost the role, or wants no more of it is written to no more: None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlmodel import Session

from bridge.analysis.alert_words import Names, Told, alert_letter
from bridge.analysis.digest_words import digest_letter
from bridge.analysis.letter import Letter, as_html, plain
from bridge.analysis.sight import READERS, Sight
from bridge.analysis.unsubscribing import token
from bridge.analysis.working_days import Calendar
from bridge.pipeline.notify.looking import ACCOUNT
from bridge.pipeline.notify.telling import ALERTS, wanted, wants_digest
from bridge.store.boards import titles
from bridge.store.notices import NoticeRow, Person, people
from bridge.store.ranking import accounts_by_id
from bridge.words import NoticeChoice, NoticeKind, Role, display_id
from connectors.notices import Notice

READ_ALL = (Role.PRODUCT_MANAGER, Role.SUPPLIER_MANAGER, Role.ADMIN)
"""Roles that may read the text of every ticket: service/scope.py."""
HEARD = (NoticeChoice.NOW, NoticeChoice.DIGEST)


@dataclass(frozen=True, slots=True)
class Composer:
    """``address`` is what people type into their browsers; ``secret`` signs the links that end messages."""

    secret: bytes
    address: str
    currency: str = "EUR"
    calendar: Calendar = field(default_factory=Calendar)

    def __call__(self, session: Session, notice_id: int) -> Notice | None:
        row = session.get(NoticeRow, notice_id)
        if row is None:
            return None
        if row.user_id is None:
            return self._to_channel(session, row)
        found = people(session, row.user_id)
        return self._to_person(session, row, found[0]) if found else None

    def letter(
        self, session: Session, row: NoticeRow, told: list[Told], sight: Sight, *, all_tickets: bool = False
    ) -> Letter:
        """The message of these alerts, or the digest with them, for a reader of this sight. ``all_tickets``: the reader
        may read every ticket, so their number tells nothing new.
        """
        names = self._names(session, told, sight)
        if row.kind == ALERTS:
            return alert_letter(told, names, sight)
        day = row.at.astimezone(self.calendar.tz).date()
        return digest_letter(row.facts if all_tickets else {**row.facts, "to_review": 0}, told, names, sight, day)

    def _to_person(self, session: Session, row: NoticeRow, person: Person) -> Notice | None:
        weekly = row.kind != ALERTS
        told = wanted(person, _told(row), HEARD if weekly else (NoticeChoice.NOW,))
        if not person.user.email or not (wants_digest(person) if weekly else told):
            return None
        role = Role(person.user.role)
        letter = self.letter(session, row, told, READERS[role], all_tickets=role in READ_ALL)
        kinds = {NoticeKind.WEEKLY} if weekly else {one.kind for one in told}
        letter = replace(
            letter,
            settings=f"{self.address}/me/notifications",
            unsubscribe=f"{self.address}/unsubscribe/{token(self.secret, row.user_id or 0, kinds)}",
        )
        return Notice(
            subject=letter.subject,
            text=plain(letter),
            at=row.at,
            to=person.user.email,
            html=as_html(letter),
            url=letter.url,
            unsubscribe=letter.unsubscribe,
        )

    def _to_channel(self, session: Session, row: NoticeRow) -> Notice:
        """Nobody knows who reads there: no money, no account."""
        told = _told(row)
        letter = self.letter(session, row, told, Sight.NONE)
        listed = [one.issue for one in told] if row.kind == ALERTS else [place["issue"] for place in row.facts["top"]]
        data = {
            "event": row.event,
            "kind": row.kind,
            "alerts": [
                {
                    "kind": o.kind.value,
                    "issue": display_id(o.issue),
                    "rank": o.rank,
                    "accounts": o.accounts,
                    "size": o.size,
                }
                for o in told
            ],
            "issues": [display_id(issue) for issue in dict.fromkeys(listed)],
        }
        return Notice(letter.subject, plain(letter, links=False), row.at, url=letter.url, data=data)

    def _names(self, session: Session, told: Iterable[Told], sight: Sight) -> Names:
        keys = {key for one in told for key in one.named} if sight is Sight.ALL else set()
        ids = [int(key.removeprefix(ACCOUNT)) for key in keys if key.startswith(ACCOUNT)]
        accounts = {f"{ACCOUNT}{account.id}": account.name for account in accounts_by_id(session, ids)}
        known = {id_: title.title for id_, title in titles(session).items()}
        return Names(known, accounts, self.address, self.currency)


def _told(row: NoticeRow) -> list[Told]:
    return [Told.of(raw) for raw in row.facts.get("alerts", ())]
