"""For developers: writes a revision from the difference between the last one and the tables: ``python -m migrations.revise MESSAGE``.

With ``--initial`` it throws all revisions away and writes the first one anew: only before the first release.
Read what it wrote: renames and moved data it cannot know.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from bridge.store import migrate
from bridge.store.db import Database

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ROOT / "migrations" / "versions"


def main(arguments: list[str]) -> None:
    if arguments == ["--initial"]:
        for former in VERSIONS.glob("*.py"):
            former.unlink()
        arguments = ["initial"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    written = write(arguments[0])
    for step in (["check", "--fix"], ["format"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, "--quiet", written], check=True)  # noqa: S603 - no input
    sys.stdout.write(f"{written}\n")


def write(message: str) -> Path:
    """Compare on a database that has all revisions so far. Returns the path of the new one."""
    number = f"{len(list(VERSIONS.glob('*.py'))) + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/compare.db")
        migrate.upgrade(db)
        config = migrate.alembic_config()
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        with db.engine.connect() as connection:
            config.attributes.update(connection=connection, batch=number != "0001")
            command.revision(config, message, autogenerate=True, rev_id=number)
        db.dispose()
    path = next(VERSIONS.glob(f"{number}_*.py"))
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("    # ###")), encoding="utf-8")
    return path


if __name__ == "__main__":
    main(sys.argv[1:])
