"""/erase: a person, a ticket or an account goes for good. First the counts, then the reason and the name again."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request
from sqlmodel import Session

from bridge.service import erase as service
from bridge.service.access import Permission
from bridge.service.erase import Erasure, Kind, Target
from bridge.service.errors import ServiceError
from bridge.web import here
from bridge.web.guard import needs

pages = APIBlueprint("erase", __name__, enable_openapi=False)


@pages.get("/erase")
@needs(Permission.ADMINISTER)
def form() -> str:
    return render_template("erase.html", kinds=list(Kind))


@pages.post("/erase/preview")
@needs(Permission.ADMINISTER)
def preview() -> str:
    """By POST, though it only reads: the address of a person belongs into no log of addresses."""
    return _ask()


@pages.post("/erase")
@needs(Permission.ADMINISTER)
def erase() -> str:
    typed, reason = request.form.get("confirm", "").strip(), request.form.get("reason", "")
    with here.reading() as session:
        target = _target(session)
    if typed != target.name:
        return _ask(f"Type {target.name} to confirm; you typed {typed[:80] or 'nothing'}.", reason)
    try:
        with here.writing() as session:
            done = service.erase(session, here.actor(), target, reason=reason, at=here.now())
    except ServiceError as error:
        return _ask(f"{str(error)[:1].upper()}{str(error)[1:]}.", reason)
    whole = here.bridge().forget()
    return render_template("erased.html", done=done, whole=whole)


def _ask(refusal: str = "", reason: str = "") -> str:
    with here.reading() as session:
        target = _target(session)
        found: Erasure = service.preview(session, here.actor(), target)
    return render_template("erase_preview.html", found=found, target=target, refusal=refusal, reason=reason)


def _target(session: Session) -> Target:
    kind = request.form.get("kind", "")
    if kind not in set(Kind):
        raise ServiceError("say what to erase: a requester, a ticket or an account")
    return service.find(session, here.actor(), Kind(kind), request.form.get("name", ""), here.bridge().secret)
