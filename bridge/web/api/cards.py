"""/tickets/{connection}/{ticket}/remedy, /clusters/{issue}/card and /search: what may be told to a customer."""

from __future__ import annotations

from sqlmodel import Session

from bridge.service import card, explaining, feedback, lookup, placing
from bridge.service.access import Permission
from bridge.service.errors import ServiceError
from bridge.web import here, meaning
from bridge.web.api.asked import issue_id
from bridge.web.api.blueprint import read, write
from bridge.web.api.schemas.card import (
    CardOut,
    ExplanationOut,
    Feedback,
    FoundOut,
    Place,
    Search,
    TakeBack,
    Watched,
    WatchedOut,
    Watching,
)
from bridge.web.api.schemas.common import DONE, Decided, Done
from bridge.web.issue import reference_model
from bridge.words import display_id

TAG = "Agent"
_P = Permission
TICKET = "/tickets/<connection>/<path:ticket>"


@read("/search", _P.READ_CARD, FoundOut, query=Search, tag=TAG)
def search(query_data: Search) -> FoundOut:
    """What the one box finds: tickets by number or address, an issue by its id, issues and tickets by words."""
    with here.reading() as session:
        return FoundOut.of(
            lookup.look_up(session, here.actor(), query_data.q.strip(), at=here.now(), encode=meaning.encoder())
        )


@read(f"{TICKET}/remedy", _P.READ_CARD, CardOut, tag=TAG)
def ticket_remedy(connection: str, ticket: str) -> CardOut:
    """The agent card of a ticket."""
    with here.reading() as session:
        return CardOut.of(card.card(session, here.actor(), connection, ticket, at=here.now()))


@read(f"{TICKET}/why", _P.READ_CARD, ExplanationOut, tag=TAG)
def explain(connection: str, ticket: str) -> ExplanationOut:
    """Why a ticket is in its issue: nearest tickets, shared words, the next like issue, the sentences that tell."""
    with here.reading() as session:
        model = reference_model(here.bridge(), session)
        return ExplanationOut.of(
            explaining.explain(session, here.actor(), connection, ticket, model=model, encode=meaning.encoder())
        )


@write(f"{TICKET}/feedback", _P.GIVE_FEEDBACK, Done, body=Feedback, tag=TAG)
def ticket_feedback(session: Session, connection: str, ticket: str, json_data: Feedback) -> Done:
    """Say how the plan went with this ticket's customer."""
    ticket_id, cluster_id = card.card_ticket(session, here.actor(), connection, ticket, at=here.now())
    if cluster_id is None:
        raise ServiceError("this ticket belongs to no issue yet: say which one it is first")
    feedback.tell(session, here.actor(), json_data.act, cluster_id, at=here.now(), ticket_id=ticket_id)
    return DONE


@write(f"{TICKET}/place", _P.GIVE_FEEDBACK, Decided, body=Place, tag=TAG)
def place(session: Session, connection: str, ticket: str, json_data: Place) -> Decided:
    """Say which issue the ticket belongs to."""
    actor, at = here.actor(), here.now()
    ticket_id, _ = card.card_ticket(session, actor, connection, ticket, at=at)
    if json_data.act == "same":
        if json_data.issue is None:
            raise ServiceError("name the issue that the ticket belongs to")
        event = placing.confirm_same(session, actor, ticket_id, issue_id(json_data.issue), at=at)
    elif json_data.act == "new":
        event = placing.new_issue(session, actor, ticket_id, at=at)
    else:
        event = placing.wrong_issue(session, actor, ticket_id, at=at)
    return Decided(cluster=display_id(int(event.after["cluster"])), events=[event.id or 0])


@write(f"{TICKET}/place/undo", _P.GIVE_FEEDBACK, Done, body=TakeBack, tag=TAG)
def take_back(session: Session, connection: str, ticket: str, json_data: TakeBack) -> Done:
    """Take one's own last placement back, within a day."""
    card.card_ticket(session, here.actor(), connection, ticket, at=here.now())
    placing.undo_own(session, here.actor(), json_data.event, at=here.now())
    return DONE


@read("/clusters/<issue>/card", _P.READ_CARD, CardOut, tag=TAG)
def issue_card(issue: str) -> CardOut:
    """The agent card of an issue, where there is no ticket."""
    with here.reading() as session:
        return CardOut.of(card.issue_card(session, here.actor(), _seen(session, issue), at=here.now()))


@write("/clusters/<issue>/feedback", _P.GIVE_FEEDBACK, Done, body=Feedback, tag=TAG)
def issue_feedback(session: Session, issue: str, json_data: Feedback) -> Done:
    """Say how the plan went."""
    feedback.tell(session, here.actor(), json_data.act, _seen(session, issue), at=here.now())
    return DONE


@read("/watched", _P.READ_CARD, Watched, tag=TAG)
def watched() -> Watched:
    """Issues that one watches whose approved plan has changed."""
    with here.reading() as session:
        return Watched(items=[WatchedOut.of(one) for one in feedback.changed(session, here.actor())])


@write("/clusters/<issue>/watch", _P.GIVE_FEEDBACK, Watching, body=Watching, method="put", tag=TAG)
def watch(session: Session, issue: str, json_data: Watching) -> Watching:
    """Hear when the plan changes, or no more."""
    cluster_id = _seen(session, issue)
    if json_data.watching:
        feedback.watch(session, here.actor(), cluster_id, at=here.now())
    else:
        feedback.unwatch(session, here.actor(), cluster_id)
    return json_data


@write("/clusters/<issue>/seen", _P.GIVE_FEEDBACK, Done, tag=TAG)
def seen(session: Session, issue: str) -> Done:
    """One knows the plan as it stands now."""
    feedback.seen(session, here.actor(), _seen(session, issue))
    return DONE


def _seen(session: Session, issue: str) -> int:
    """The living issue behind an id, for those who may see it."""
    return lookup.issue_number(session, here.actor(), issue_id(issue))
