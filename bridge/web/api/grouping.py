"""/grouping: its state, the dial with its effect, questions about issues and their answers."""

from __future__ import annotations

from sqlmodel import Session

from bridge.service import answering, grouping_state, questions
from bridge.service import granularity as dial
from bridge.service.access import Permission
from bridge.web import here
from bridge.web.api.asked import issue_id, row_id
from bridge.web.api.blueprint import read, write
from bridge.web.api.schemas.grouping import (
    Answered,
    AnswerIn,
    AskedLineOut,
    AskedOut,
    ChosenOut,
    Dial,
    EffectOut,
    NextQuestion,
    QuestionQuery,
    Questions,
    StateOut,
    TakenBack,
)
from bridge.web.api.schemas.operations import ProgressOut
from bridge.web.issue import reference_model

TAG = "Grouping"
_MAY = Permission.DECIDE_CLUSTERS


@read("/grouping", _MAY, StateOut, tag=TAG)
def grouping() -> StateOut:
    """When tickets were last grouped, what came of it, and how sure it is."""
    with here.reading() as session:
        return StateOut.of(grouping_state.state(session, here.actor(), model=_model(session)))


@read("/grouping/effect", _MAY, EffectOut, tag=TAG)
def grouping_effect() -> EffectOut:
    """What each setting would change. The first call after a change takes some seconds."""
    with here.reading() as session:
        return EffectOut.of(dial.effect(session, here.actor(), model=_model(session)))


@write("/grouping/granularity", _MAY, ChosenOut, body=Dial, tag=TAG)
def set_granularity(session: Session, json_data: Dial) -> ChosenOut:
    """How fine tickets are grouped, from the next nightly grouping on."""
    dial.choose(session, here.actor(), json_data.granularity, json_data.reason or "", at=here.now())
    return ChosenOut.of(dial.chosen(session, here.actor()))


@write("/grouping/granularity/<event>/undo", _MAY, ChosenOut, tag=TAG)
def undo_granularity(session: Session, event: str) -> ChosenOut:
    """Back to the setting of before."""
    dial.undo_choice(session, here.actor(), row_id(event, "decision"), at=here.now())
    return ChosenOut.of(dial.chosen(session, here.actor()))


@write("/grouping/regroup", _MAY, ProgressOut, tag=TAG, status=202)
def regroup(session: Session) -> ProgressOut:
    """Have the worker group all tickets now. Asking again while it waits or runs changes nothing."""
    return ProgressOut.of(dial.regroup(session, here.actor(), at=here.now()))


@read("/grouping/questions", _MAY, Questions, query=QuestionQuery, tag=TAG)
def list_questions(query_data: QuestionQuery) -> Questions:
    """What is asked about issues, in a few words."""
    with here.reading() as session:
        found = questions.lines(session, here.actor(), here.now(), model=_model(session), limit=query_data.limit)
    return Questions(items=[AskedLineOut.of(line) for line in found])


@read("/grouping/questions/next", _MAY, NextQuestion, tag=TAG)
def next_question() -> NextQuestion:
    """The question that teaches most, with what is needed to answer it."""
    with here.reading() as session:
        found = questions.next_question(session, here.actor(), here.now(), model=_model(session))
    return NextQuestion(question=AskedOut.of(found) if found else None)


@write("/grouping/answers", _MAY, Answered, body=AnswerIn, tag=TAG)
def answer_question(session: Session, json_data: AnswerIn) -> Answered:
    """Answer a question that waits."""
    ids = [issue_id(text) for text in json_data.issues]
    if json_data.answer == "later":
        answering.skip(session, here.actor(), json_data.kind, ids, at=here.now())
        return Answered(answer=None, words="Asked again in a day.")
    reply = answering.Reply(json_data.kind, ids, json_data.answer == "yes", json_data.mark)
    return Answered.of(answering.answer(session, here.actor(), reply, at=here.now(), model=_model(session)))


@write("/grouping/answers/<answer>/undo", _MAY, TakenBack, tag=TAG)
def undo_answer(session: Session, answer: str) -> TakenBack:
    """Take an answer back with what it did, once."""
    return TakenBack(words=answering.take_back(session, here.actor(), row_id(answer, "answer"), at=here.now()))


def _model(session: Session) -> str:
    return reference_model(here.bridge(), session)
