"""The tour through the service: every route, an example of its address, and who may open it."""

from __future__ import annotations

from werkzeug.routing import Rule as Route

from bridge.words import Role
from tests.web.house import House

R = Role
EVERYBODY = frozenset(Role)
ISSUES = frozenset({R.AGENT, R.PRODUCT_MANAGER, R.SUPPLIER_MANAGER, R.CSM, R.ADMIN})
VALUE = frozenset({R.PRODUCT_MANAGER, R.CSM, R.ADMIN})
STATUS = frozenset({R.PRODUCT_MANAGER, R.SUPPLIER_MANAGER, R.ADMIN})
PRODUCT = frozenset({R.PRODUCT_MANAGER, R.ADMIN})
ADMIN = frozenset({R.ADMIN})
INTERNAL = frozenset({R.AGENT, R.PRODUCT_MANAGER, R.CSM, R.ADMIN})
STRANGERS = None
"""Anybody, signed in or not."""

# Who may open what, from domain.md 6.4; written by hand, not read from the code that it checks.
MAY: dict[str, frozenset[Role] | None] = {
    "static": STRANGERS,
    "bootstrap.static": STRANGERS,
    "auth.home": EVERYBODY,
    "auth.sign_in": STRANGERS,
    "auth.enter": STRANGERS,
    "auth.leave": EVERYBODY,
    "auth.link": STRANGERS,
    "auth.choose": STRANGERS,
    "auth.theme": EVERYBODY,
    "accounts.listing": VALUE,
    "accounts.one": VALUE,
    "accounts.segments": VALUE,
    "agent.act": EVERYBODY,
    "agent.act_on_issue": EVERYBODY,
    "agent.any_ticket": EVERYBODY,
    "agent.find": EVERYBODY,
    "agent.issue": EVERYBODY,
    "agent.seen": EVERYBODY,
    "agent.ticket": EVERYBODY,
    "audit.listing": ADMIN,
    "audit.verify": ADMIN,
    "connections.add": ADMIN,
    "connections.check": ADMIN,
    "connections.check_text": ADMIN,
    "connections.listing": STATUS,
    "connections.one": STATUS,
    "connections.progress": STATUS,
    "connections.read": ADMIN,
    "connections.replay": ADMIN,
    "erase.erase": ADMIN,
    "erase.form": ADMIN,
    "erase.preview": ADMIN,
    "grouping_log.listing": ISSUES,
    "health.alive": STRANGERS,
    "health.metrics": STRANGERS,
    "health.ready": STRANGERS,
    "issue.confirm": PRODUCT,
    "issue.do_move": PRODUCT,
    "issue.do_publish": PRODUCT,
    "issue.do_split": PRODUCT,
    "issue.move": PRODUCT,
    "issue.publish": PRODUCT,
    "issue.show": ISSUES,
    "issue.split": PRODUCT,
    "issue.tickets": PRODUCT,
    "issue.undo": PRODUCT,
    "issues.bulk": PRODUCT,
    "issues.export": ISSUES,
    "issues.listing": ISSUES,
    "issues.together": ISSUES,
    "issues.views": ISSUES,
    "issue_merging.merge": PRODUCT,
    "issue_merging.preview": PRODUCT,
    "grouping.choose": PRODUCT,
    "grouping.regroup": PRODUCT,
    "grouping.show": PRODUCT,
    "grouping.undo": PRODUCT,
    "locking.lock": PRODUCT,
    "locking.unlock": PRODUCT,
    "oidc.back": STRANGERS,
    "oidc.begin": STRANGERS,
    "outbox.discard": ADMIN,
    "outbox.listing": STATUS,
    "outbox.retry": ADMIN,
    "people.add": ADMIN,
    "people.disable": ADMIN,
    "people.listing": ADMIN,
    "people.me": EVERYBODY,
    "people.reset": ADMIN,
    "people.revoke": EVERYBODY,
    "questions.answer": PRODUCT,
    "questions.one": PRODUCT,
    "questions.undo": PRODUCT,
    "remedy.decide": PRODUCT,
    "remedy.edit": PRODUCT,
    "review.answer": EVERYBODY,
    "review.listing": EVERYBODY,
    "review.several": EVERYBODY,
    "review.undo": EVERYBODY,
    "tokens.create": EVERYBODY,
    "tokens.listing": ADMIN,
    "tokens.revoke": EVERYBODY,
    "webhooks.receive": STRANGERS,
    "why.show": EVERYBODY,
    "api.account": VALUE,
    "api.accounts": VALUE,
    "api.add_user": ADMIN,
    "api.answer_question": PRODUCT,
    "api.answer": EVERYBODY,
    "api.answer_back": EVERYBODY,
    "api.approve": PRODUCT,
    "api.asides": STATUS,
    "api.audit": ADMIN,
    "api.chain": ADMIN,
    "api.check_connection": ADMIN,
    "api.check_plan": PRODUCT,
    "api.cluster": ISSUES,
    "api.clusters": ISSUES,
    "api.confirm": EVERYBODY,
    "api.connection": STATUS,
    "api.connections": STATUS,
    "api.create_token": EVERYBODY,
    "api.disable": ADMIN,
    "api.discard": ADMIN,
    "api.draft": PRODUCT,
    "api.drop_view": ISSUES,
    "api.edit": PRODUCT,
    "api.enable": ADMIN,
    "api.erase": ADMIN,
    "api.explain": EVERYBODY,
    "api.find": ISSUES,
    "api.grouping": PRODUCT,
    "api.grouping_effect": PRODUCT,
    "api.issue_card": EVERYBODY,
    "api.issue_feedback": EVERYBODY,
    "api.keep_view": ISSUES,
    "api.list_questions": PRODUCT,
    "api.list_tokens": EVERYBODY,
    "api.lock": PRODUCT,
    "api.log": ISSUES,
    "api.me": EVERYBODY,
    "api.merge": PRODUCT,
    "api.merge_preview": PRODUCT,
    "api.move": PRODUCT,
    "api.next_question": PRODUCT,
    "api.outbox": STATUS,
    "api.place": EVERYBODY,
    "api.plans": ISSUES,
    "api.preview": ADMIN,
    "api.publish": PRODUCT,
    "api.remedy": INTERNAL,
    "api.regroup": PRODUCT,
    "api.replay": ADMIN,
    "api.reset": ADMIN,
    "api.retry": ADMIN,
    "api.review": EVERYBODY,
    "api.revoke_session": EVERYBODY,
    "api.revoke_token": EVERYBODY,
    "api.run": STATUS,
    "api.search": EVERYBODY,
    "api.seen": EVERYBODY,
    "api.ranking": VALUE,
    "api.segments": VALUE,
    "api.sessions": EVERYBODY,
    "api.set_granularity": PRODUCT,
    "api.split": PRODUCT,
    "api.split_preview": PRODUCT,
    "api.sync": ADMIN,
    "api.take_back": EVERYBODY,
    "api.ticket_feedback": EVERYBODY,
    "api.ticket_remedy": EVERYBODY,
    "api.together": ISSUES,
    "api.undo": PRODUCT,
    "api.undo_answer": PRODUCT,
    "api.undo_granularity": PRODUCT,
    "api.unlock": PRODUCT,
    "api.users": ADMIN,
    "api.views": ISSUES,
    "api.watch": EVERYBODY,
    "api.watched": EVERYBODY,
    "api_docs.browse": STRANGERS,
    "api_docs.static": STRANGERS,
    "openapi.spec": STRANGERS,
}
ARGUMENTS = {
    "filename": "bridge.css",
    "secret": "no-such-link",
    "account_id": "1",
    "connection": "desk",
    "number": "101",
    "issue": "IB-1",
    "ref": "IB-1",
    "name": "desk",
    "session_id": "9999",
    "token_id": "9999",
    "token": "9999",
    "account": "1",
    "row": "1",
    "view": "9999",
    "ticket": "101",
    "ticket_id": "9999",
    "event": "9999",
    "answer": "9999",
}
OTHERWISE = {
    "outbox.": {"number": "1"},
    "people.": {"name": "nobody"},
    "api.disable": {"name": "nobody"},
    "api.enable": {"name": "nobody"},
    "api.reset": {"name": "nobody"},
    "api_docs.": {"name": "start.js"},
}
"""Examples for routes that mean something else by the name; by the beginning of the endpoint."""

MORE: dict[str, tuple[str, ...]] = {
    "agent.find": ("/find?q=VAT+total+in+the+PDF", "/find?q=nothing+like+this", "/t/desk/401", "/t/desk/201"),
    "issue_merging.preview": ("/issues/merge?ids=1,2", "/issues/merge?ids=1&q=export"),
    "issue.publish": ("/issues/IB-3/publish",),
    "issue.move": ("/issues/IB-1/move?ticket=6", "/issues/IB-1/move?ticket=6&q=export"),
    "issue.split": ("/issues/IB-1/split?ticket=6",),
    "grouping.show": ("/grouping?effect=1",),
    "issues.listing": ("/issues?thin=1", "/issues?text=nothing+like+this&state=planned"),
    "audit.listing": ("/audit?kind=cluster.published",),
    "grouping_log.listing": ("/grouping/log?issue=IB-1",),
}
"""Further addresses of a route that are pages of their own."""

PAGELESS = ("static", "bootstrap.static", "openapi.spec")


def routes(house: House) -> list[tuple[Route, str, str]]:
    found = []
    with house.app.test_request_context():
        for route in house.app.url_map.iter_rules():
            unknown = set(route.arguments) - set(ARGUMENTS)
            assert not unknown, f"{route.rule}: give the walk an example of {unknown}"
            other = next((more for start, more in OTHERWISE.items() if route.endpoint.startswith(start)), {})
            path = route.build({name: {**ARGUMENTS, **other}[name] for name in route.arguments})
            assert path is not None
            found += [(route, path[1], method) for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def pages(house: House, role: Role | None) -> list[str]:
    """Addresses of the pages that the role may open: what answers a GET with HTML."""
    client, found = house.client(role), []
    for route, path, method in routes(house):
        allowed = MAY[route.endpoint]
        mine = allowed is None or (role is not None and role in allowed)
        if method != "GET" or not mine or route.endpoint in PAGELESS or path.startswith("/api/"):
            continue
        for address in (path, *MORE.get(route.endpoint, ())):
            answer = client.get(address)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                found.append(address)
    return found
