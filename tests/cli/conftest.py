"""One workspace with forty grouped and ranked tickets, made once a session exactly as a new user types it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.store.access import User
from bridge.store.db import Database
from bridge.words import Role
from tests.cli.running import Ran, typed, write_lines

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
COMMANDS = (
    "init --yes",
    "import accounts A.csv",
    "import tickets T.csv",
    "sync",
    "export ranking --json --as-of 2026-11-01T00:00:00Z",
    "export ranking --json --as-of 2026-11-01T00:00:00Z",
)
ACCOUNTS = (
    "account,domains,arr,currency,renewal_date",
    "Copper Kettle,copperkettle.example,120000,EUR,2027-03-01",
    "Blue Lantern,bluelantern.example,30000,EUR,",
    "Paper Boat,paperboat.example,4000,EUR,",
)
DOMAINS = ("copperkettle.example", "bluelantern.example", "paperboat.example", "stranger.example")
THEMES = (
    "The PDF of the invoice cannot be downloaded",
    "Login with single sign-on ends in a loop",
    "The address label is printed too far to the left",
    "The CSV import of products never ends",
)
TICKETS = 40


@dataclass(frozen=True)
class Prepared:
    """``folder`` holds A.csv, T.csv and the workspace W; ``ran`` is what each of COMMANDS did."""

    folder: Path
    ran: list[Ran]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared")
    write_lines(folder / "A.csv", ACCOUNTS)
    _write_tickets(folder / "T.csv")
    ran = [typed("--home", "W", *command.split(), cwd=folder) for command in COMMANDS]
    _add_people(folder / "W")
    return Prepared(folder, ran)


@pytest.fixture
def home(prepared: Prepared, tmp_path: Path) -> Path:
    """A copy of the prepared workspace."""
    return Path(shutil.copytree(prepared.folder / "W", tmp_path / "W"))


@pytest.fixture
def new_home(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a workspace with this config.toml and no database."""

    def make(config: str) -> Path:
        folder = tmp_path / "new"
        folder.mkdir(exist_ok=True)
        (folder / "config.toml").write_text(config, encoding="utf-8")
        return folder

    return make


def _write_tickets(path: Path) -> None:
    """All before the instant of the issue's command, and none in the future, whatever today is."""
    newest = min(AS_OF, datetime.now(UTC)) - timedelta(days=1)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", "created_at", "subject", "body", "requester", "status", "priority"))
        for n in range(TICKETS):
            theme = THEMES[n % len(THEMES)]
            writer.writerow(
                (
                    f"T-{n + 1}",
                    (newest - timedelta(days=n)).isoformat(timespec="seconds"),
                    theme,
                    f"Hello, since yesterday: {theme.lower()}. Attempt {n + 1}, same result. Please help.",
                    f"person{n % 7}@{DOMAINS[n % 3 if n % 10 else 3]}",
                    "closed" if n % 8 == 7 else "open",
                    ("normal", "high")[n % 2],
                )
            )


def _add_people(home: Path) -> None:
    db = Database(f"sqlite:///{home / 'bridge.db'}")
    try:
        with db.write() as session:
            session.add_all(User(name=f"the-{role.value}", role=role) for role in Role)
            session.add(User(name="the-former", role=Role.ADMIN, disabled=True))
    finally:
        db.dispose()
