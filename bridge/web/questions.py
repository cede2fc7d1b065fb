"""Questions about issues, one at a time: merge these two, split this one. An answer leads to the next, with an Undo."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import answering
from bridge.service.access import Permission
from bridge.service.answering import Reply
from bridge.service.errors import ServiceError
from bridge.service.questions import next_question
from bridge.web import here
from bridge.web.guard import needs
from bridge.web.issue import cluster_id, reference_model

pages = Blueprint("questions", __name__)


@pages.get("/questions")
@needs(Permission.DECIDE_CLUSTERS)
def one() -> str:
    asked = request.args.get("done", type=int)
    with here.reading() as session:
        model = reference_model(here.bridge(), session)
        question = next_question(session, here.actor(), here.now(), model=model)
        done = answering.done(session, here.actor(), asked) if asked and asked < 2**31 else None
    return render_template("questions.html", question=question, done=done)


@pages.post("/questions")
@needs(Permission.DECIDE_CLUSTERS)
def answer() -> Response:
    kind, act = request.form.get("kind", ""), request.form.get("do")
    ids = [cluster_id(ref) for ref in request.form.getlist("issue")]
    if not 1 <= len(ids) <= 2 or act not in ("yes", "no", "later"):  # noqa: PLR2004 - one issue or two
        raise ServiceError("this is no answer to a question: load the page anew and choose one of its buttons")
    with here.writing() as session:
        model = reference_model(here.bridge(), session)
        if act == "later":
            answering.skip(session, here.actor(), kind, ids, at=here.now())
            return redirect(url_for(".one"), 303)
        reply = Reply(kind, ids, act == "yes", request.form.get("mark"))
        done = answering.answer(session, here.actor(), reply, at=here.now(), model=model)
    return redirect(url_for(".one", done=done.answer), 303)


@pages.post("/questions/undo")
@needs(Permission.DECIDE_CLUSTERS)
def undo() -> Response:
    number = request.form.get("answer", type=int) or 0
    with here.writing() as session:
        said = answering.take_back(session, here.actor(), min(number, 2**31 - 1), at=here.now())
    flash(said, "ok")
    return redirect(url_for(".one"), 303)
