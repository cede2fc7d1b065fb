"""Whatever a person can decide on a page, a program can decide: each form has its counterpart, or a reason."""

from __future__ import annotations

import pytest

from tests.web.house import House

SAME = {
    "issue.tickets": ("split",),
    "issue.do_split": ("split",),
    "issue.do_move": ("move",),
    "issue.do_publish": ("publish",),
    "issue.confirm": ("approve",),
    "issue.undo": ("undo",),
    "locking.lock": ("lock",),
    "locking.unlock": ("unlock",),
    "review.answer": ("answer",),
    "review.several": ("confirm",),
    "review.undo": ("answer_back",),
    "issue_merging.merge": ("merge",),
    "accounts.resolve": ("resolve",),
    "accounts.take_back": ("unresolve",),
    "accounts.set_value": ("set_account_value",),
    "accounts.set_uplift": ("set_account_uplift",),
    "segments.change": ("preview_segments", "set_segments"),
    "segments.undo": ("undo_segments",),
    "grouping.choose": ("set_granularity",),
    "grouping.regroup": ("regroup",),
    "grouping.undo": ("undo_granularity",),
    "estimates.save": ("estimate",),
    "scoring.change": ("set_scoring",),
    "scoring.roll_back": ("roll_back_scoring",),
    "questions.answer": ("answer_question",),
    "questions.undo": ("undo_answer",),
    "remedy.decide": ("edit", "approve", "check_plan"),
    "agent.act": ("ticket_feedback", "place", "take_back", "watch"),
    "agent.act_on_issue": ("issue_feedback", "watch"),
    "agent.seen": ("seen",),
    "connections.read": ("sync",),
    "connections.check": ("check_connection",),
    "connections.replay": ("replay",),
    "outbox.retry": ("retry",),
    "outbox.discard": ("discard",),
    "notices.choose": ("set_notifications",),
    "people.add": ("add_user",),
    "publishing.decide": ("decide_in_tracker",),
    "people.reset": ("reset",),
    "people.disable": ("disable", "enable"),
    "people.revoke": ("revoke_session",),
    "tokens.create": ("create_token",),
    "tokens.revoke": ("revoke_token",),
    "erase.preview": ("preview",),
    "erase.erase": ("erase",),
    "issues.views": ("keep_view", "drop_view"),
    "issues.bulk": ("publish", "edit"),
    "monday.finish": ("finish_review",),
    "monday.undo": ("undo_review",),
    "sticky.hold": ("pin", "mute", "set_severity"),
    "sticky.let_go": ("unpin", "unmute", "set_severity"),
}
NONE = {
    "importing.upload": "a browser's way to look at a file first; programs run `bridge import accounts`",
    "importing.decide": "a browser's way to look at a file first; programs run `bridge import accounts`",
    "auth.enter": "a browser's door; programs come with a token",
    "auth.leave": "ends a browser's session; revoke_session ends any",
    "auth.choose": "a person's own password",
    "auth.theme": "how pages look",
    "connections.check_text": "looks at pasted lines and decides nothing; `bridge check` does it for programs",
    "audit.verify": "walks the chain and decides nothing; /audit/chain tells what the last walk found",
    "notices.end": "for whoever holds the link in a mail, without a sign-in; set_notifications chooses the same",
    "webhooks.receive": "is for programs already",
}


def test_every_decision_of_a_page_has_its_counterpart(shared_house: House) -> None:
    spec = shared_house.app.test_client().get("/api/openapi.json").get_json()
    known = {one["operationId"] for each in spec["paths"].values() for one in each.values()}
    forms = {
        rule.endpoint
        for rule in shared_house.app.url_map.iter_rules()
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"} and not rule.rule.startswith("/api/")
    }
    assert forms - set(SAME) - set(NONE) == set(), "give these a counterpart, or a reason"
    assert {name for names in SAME.values() for name in names} - known == set()


@pytest.mark.parametrize("path", ["/api/v1/clusters", "/api/v1/users", "/api/v1/nowhere"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "TRACE"])
def test_no_html_below_api(shared_house: House, path: str, method: str) -> None:
    answer = shared_house.app.test_client().open(path, method=method)
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["status"] == answer.status_code


def test_large_and_foreign_bodies_are_refused(shared_house: House) -> None:
    from bridge.words import Role
    from tests.web.api.asking import program

    who = program(shared_house, Role.ADMIN)
    large = who.ask("POST", "/users", data=b'{"name": "' + b"x" * 6_000_000, content_type="application/json")
    assert large.status_code == 413
    form = who.ask("POST", "/users", data={"name": "x", "role": "agent"})
    assert form.status_code == 415
    broken = who.ask("POST", "/users", data=b'{"name": ', content_type="application/json")
    assert broken.status_code == 400
    for answer in (large, form, broken):
        assert answer.mimetype == "application/problem+json"
    unknown = who.post("/users", {"name": "x", "role": "agent", "password_hash": "x", "is_admin": True})
    assert unknown.status_code == 422
    assert {error["pointer"] for error in unknown.get_json()["errors"]} == {"/password_hash", "/is_admin"}
