"""/accounts/import: a file of accounts, looked at before it counts."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import account_upload as service
from bridge.service.access import Permission
from bridge.web import here
from bridge.web.guard import needs

pages = APIBlueprint("importing", __name__, enable_openapi=False)


@pages.get("/accounts/import")
@needs(Permission.OPERATE)
def form() -> str:
    return render_template("import.html", trial=None, shown=service.SHOWN)


@pages.post("/accounts/import")
@needs(Permission.OPERATE)
def upload() -> Response:
    file = request.files.get("file")
    name, data = (file.filename or "", file.read()) if file else ("", b"")
    with here.writing() as session:
        draft = service.keep(session, here.actor(), name, data, at=here.now())
        service.try_out(session, here.actor(), draft, at=here.now())
    return redirect(url_for(".look", draft=draft), 303)


@pages.get("/accounts/import/<int:draft>")
@needs(Permission.OPERATE)
def look(draft: int) -> str:
    with here.writing() as session:
        trial = service.try_out(session, here.actor(), draft, at=here.now())
    return render_template("import.html", trial=trial, shown=service.SHOWN)


@pages.get("/accounts/import/<int:draft>/rejected.csv")
@needs(Permission.OPERATE)
def rejected(draft: int) -> Response:
    with here.writing() as session:
        text = service.rejected(session, here.actor(), draft, at=here.now())
    made = Response(text, mimetype="text/csv")
    made.headers["Content-Disposition"] = 'attachment; filename="rejected.csv"'
    made.headers["Cache-Control"] = "no-store"
    return made


@pages.post("/accounts/import/<int:draft>")
@needs(Permission.OPERATE)
def decide(draft: int) -> Response:
    if request.form.get("do") == "discard":
        with here.writing() as session:
            service.discard(session, here.actor(), draft)
        flash("The file is thrown away; nothing was imported.", "ok")
        return redirect(url_for(".form"), 303)
    with here.writing() as session:
        report = service.take_in(session, here.actor(), draft, at=here.now())
    flash(f"Imported: {report.created:,} new, {report.updated:,} changed, {len(report.rejected):,} rejected.", "ok")
    return redirect(url_for("accounts.listing"), 303)
