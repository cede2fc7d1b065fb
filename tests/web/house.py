"""A service with something in it: a workspace on SQLite, one user a role, issues, plans, and words nobody may leak."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask.testing import FlaskClient
from werkzeug.serving import make_server

from bridge.bootstrap import Bridge, build, workspace_key
from bridge.service import clusters, people, remedies, signing_in
from bridge.service.access import Actor
from bridge.settings import load_settings
from bridge.store.access import User
from bridge.store.db import Database
from bridge.store.suppliers import GroupMap, Supplier
from bridge.web.app import create_app
from bridge.words import Role
from tests.pipeline.loop import AUTOMATIC, Loop, ticket
from tests.pipeline.other_side import Clock

PASSWORD = "velvet anchor teapot"
CONFIG = """\
[workspace]
internal_domains = ["ours.example"]

[connections.desk]
type = "files"
path = "desk"

[connections.tracker]
type = "files_tracker"
path = "tracker"
"""
SECRET_NOTE = "canary-internal-note"
SECRET_NAMES = ("Zanzibar Lamps", "Quokka Freight")
SECRET_VALUE = 7_654_321.0
SUPPLIER, OTHER = "Meridian Desk", "Northwind Care"
GROUP = "tier-1"
USERS = {role: f"the-{role.value}" for role in Role}


@dataclass
class House:
    """``ids``: clusters by a short name. Times are shortly before now, so that nothing is stale by itself."""

    bridge: Bridge
    loop: Loop
    ids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = create_app(self.bridge)
        self.app.config["TESTING"] = False

    @property
    def db(self) -> Database:
        return self.bridge.db

    def actor(self, role: Role) -> Actor:
        with self.db.read() as session:
            from bridge.service.access import actor_for

            return actor_for(people.find_user(session, USERS[role]))

    def client(self, role: Role | None = None) -> FlaskClient:
        """A browser, signed in as the role's user."""
        client = self.app.test_client()
        if role is not None:
            sid = self.session(role)
            with client.session_transaction() as cookie:
                cookie["sid"] = sid
        return client

    def session(self, role: Role) -> str:
        with self.db.write() as session:
            user = people.find_user(session, USERS[role])
            return signing_in.open_session(session, user, "test", at=datetime.now(UTC), lives=timedelta(hours=1))

    def post(self, client: FlaskClient, path: str, page: str | None = None, **form: Any) -> Any:
        """Send a form as a browser would: with the token of the page that it stands on."""
        token = csrf_of(client, page or "/me")
        headers = {"Referer": f"http://localhost{page}"} if page else {}
        return client.post(path, data={"csrf_token": token, **form}, headers=headers)

    @contextmanager
    def live(self) -> Iterator[str]:
        """The service on a port of this machine, for a real browser. Gives its address."""
        server = make_server("127.0.0.1", 0, self.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)
            server.server_close()

    def cookie(self, role: Role, url: str) -> dict[str, Any]:
        """What Chromium must hold to be signed in."""
        sid = self.session(role)
        with self.app.test_request_context():
            from flask import session as flask_session

            flask_session["sid"] = sid
            signer = self.app.session_interface.get_signing_serializer(self.app)
            value = signer.dumps(dict(flask_session))
        return {"name": self.app.config["SESSION_COOKIE_NAME"], "value": value, "url": url}


def csrf_of(client: FlaskClient, page: str) -> str:
    text = client.get(page).get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
    assert found, f"{page} has no form"
    return found[1]


def without_tokens(page: str) -> str:
    """What a page says: the random letters of its tokens may spell any short word."""
    return re.sub(r'(name="csrf_token"[^>]*value=")[^"]*', r"\1", page)


def empty_house(home: Path) -> House:
    """A workspace with users and settings, no tickets."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text(CONFIG, encoding="utf-8")
    (home / "desk").mkdir()
    workspace_key(home)
    bridge = build(load_settings(home, {}))
    _migrated(bridge.db)
    clock = Clock(datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2))
    house = House(bridge, Loop(bridge.db, clock))
    with bridge.db.write() as session:
        supplier, other = Supplier(name=SUPPLIER, kind="outsourced"), Supplier(name=OTHER, kind="outsourced")
        session.add_all((supplier, other))
        session.flush()
        session.add(GroupMap(group=GROUP, supplier_id=supplier.id or 0))
        outsourced = (Role.SUPPLIER_AGENT, Role.SUPPLIER_CONTACT)
        for role, name in USERS.items():
            session.add(User(name=name, role=role, supplier_id=supplier.id if role in outsourced else None))
    return house


_TEMPLATE: list[bytes] = []
"""The migrated, empty database: made once a process, since the migrations take half a second."""


def _migrated(db: Database) -> None:
    path = Path(str(db.url.database))
    if _TEMPLATE:
        path.write_bytes(_TEMPLATE[0])
        return
    from bridge.store.migrate import upgrade

    upgrade(db)
    _folded(db)
    _TEMPLATE.append(path.read_bytes())


def _folded(db: Database) -> None:
    """Everything in the one file, which nobody has open."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.dispose()


@dataclass(frozen=True)
class _Kept:
    """A house as it stood: files by name, the parts of its loop that live in memory, the ids."""

    files: dict[str, bytes]
    parts: tuple[Any, ...]
    ids: dict[str, int]

    @classmethod
    def of(cls, house: House, home: Path) -> _Kept:
        _folded(house.db)
        files = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
        loop = house.loop
        return cls(files, copy.deepcopy((loop.clock, loop.desk, loop.tracker, loop.bag, loop.source)), house.ids)

    def again(self, home: Path) -> House:
        for name, content in self.files.items():
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (home / "desk").mkdir(exist_ok=True)
        bridge = build(load_settings(home, {}))
        clock, *parts = copy.deepcopy(self.parts)
        house = House(bridge, Loop(bridge.db, clock), dict(self.ids))
        house.loop.desk, house.loop.tracker, house.loop.bag, house.loop.source = parts
        return house


_KEPT: dict[Callable[[Path], House], _Kept] = {}


def copied(home: Path, furnish: Callable[[Path], House]) -> House:
    """A house as ``furnish`` makes it: made once a process and copied, which takes a fifth of the time."""
    if furnish not in _KEPT:
        with TemporaryDirectory(prefix="bridge-house-") as folder:
            _KEPT[furnish] = _Kept.of(furnish(Path(folder)), Path(folder))
    return _KEPT[furnish].again(home)


def furnished_house(home: Path) -> House:
    """Three issues of five accounts, the first with an approved plan that agents were told, one published."""
    return copied(home, _furnish)


def _furnish(home: Path) -> House:
    house = empty_house(home)
    loop, start = house.loop, house.loop.clock()
    loop.account(SECRET_NAMES[0], SECRET_VALUE, "zanzibar.example")
    loop.account(SECRET_NAMES[1], 98_765.0, "quokka.example")
    for name, arr in (("Acme", 240_000.0), ("Borealis", 60_000.0), ("Cobalt", None)):
        loop.account(name, arr, f"{name.lower()}.example")

    def put(id_: str, subject: str, who: str, days: int, group: str = GROUP, **more: Any) -> None:
        at = start - timedelta(days=days)
        url = f"https://desk.example/tickets/{id_}"
        loop.put(ticket(id_, subject, requester=who, at=at, group=group, url=url, **more))

    put("101", "PDF invoice shows wrong VAT total", "ann@zanzibar.example", 30)
    put("102", "VAT in the PDF is wrong", "bob@acme.example", 12)
    put("103", "Wrong VAT total on invoices", "cy@borealis.example", 3, group="other-desk")
    put("201", "Export is slow for us", "dan@quokka.example", 20)
    put("202", "CSV export takes hours", "eve@cobalt.example", 5, group="other-desk")
    put("301", "Typo in the footer", "fay@cobalt.example", 40, priority="low")
    put("401", "Cannot print the labels", "gus@acme.example", 1)
    loop.pull()
    loop.embed()
    house.ids = {
        "vat": loop.cluster("PDF invoice shows wrong VAT total", "101", "102", "103"),
        "export": loop.cluster("Export is slow", "201", "202"),
        "typo": loop.cluster("Typo in the footer", "301"),
        "print": loop.cluster("Cannot print the labels", "401"),
    }
    loop.rank()
    loop.decide(clusters.publish, house.ids["vat"])
    loop.send(AUTOMATIC)
    changes = {
        "state": "investigating",
        "owner": "R. Diaz",
        "title_customer": "The PDF invoice shows a wrong VAT total",
        "say": "We are looking into the VAT total on PDF invoices.",
        "say_short": "We are looking into the VAT total on PDF invoices.",
        "workaround.kind": "partial",
        "workaround.steps_customer": "Use the HTML invoice until then.",
        "dont_say": "Do not promise a corrected invoice run.",
        "escalation_contact": "Billing tier 2, #billing-help, 2 business h",
        "internal_notes": SECRET_NOTE,
        "cause_internal": SECRET_NOTE,
    }
    loop.decide(remedies.edit, house.ids["vat"], changes)
    loop.decide(remedies.approve, house.ids["vat"])
    loop.push()
    loop.deliver()
    loop.rank()
    return house
