"""Kills one of two working processes again and again, by a seed, and keeps count of where each kill fell.

A kill is aimed by the traffic of the other sides, not by the clock: at the n-th write or read from now on, while its
answer is held back, before or after it took effect; or at any moment after n requests. The victim is stopped first,
so that what the database says of it is what it was doing, then killed.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil
from sqlmodel import col, select

from bridge.store.db import Database
from bridge.store.leases import database_now
from bridge.store.outbox import OutboxRow
from bridge.store.sync import LeaseRow
from tests.loop.other_side import OtherSide, until
from tests.loop.workspace import Bridges, Running

WRITTEN = "write, after its effect"
AIMS = ("write, before its effect", WRITTEN, WRITTEN, "read", "any moment")
AIM_S = 15.0
"""A kill that finds no such request in this time falls where the victim is."""
INSIDE = "inside a send"
WORKERS = (("worker",), ("sync", "--json"))


@dataclass
class Killer:
    """``sides``: help desk and tracker. ``where`` counts the kills by what they interrupted."""

    bridges: Bridges
    sides: Sequence[OtherSide]
    dice: random.Random
    where: Counter[str] = field(default_factory=Counter)
    working: list[Running] = field(default_factory=list)

    def keep_working(self) -> None:
        """Two processes, one a worker that stays, the other a sync that is started again when it has ended."""
        for place, words in enumerate(WORKERS):
            if place == len(self.working):
                self.working.append(self.bridges.start(*words))
            elif self.working[place].exit_code is not None:
                self.working[place] = self.bridges.start(*words)

    def kill(self, db: Database, aim: str | None = None, side: OtherSide | None = None) -> None:
        """One kill, aimed by the dice where nothing else is said."""
        aim, nth = aim or self.dice.choice(AIMS), self.dice.randint(1, 4)
        side = side or self.dice.choice(self.sides)
        victim = self._waiting_at(side, aim, nth) if aim != "any moment" else self._after(side, nth)
        if victim is None:
            self.keep_working()
            victim = self.dice.choice(self.working)
        self.where[self._stop_and_look(db, victim)] += 1
        victim.kill()
        side.gate("release")

    def end(self) -> None:
        """No process works on."""
        for running in self.working:
            running.kill()
        self.working.clear()

    def told(self) -> str:
        """The histogram. Raises AssertionError where no kill fell inside a send: such a run proves nothing."""
        lines = [f"  {name:<40} {'#' * times} {times}" for name, times in sorted(self.where.items())]
        assert any(name.startswith(INSIDE) for name in self.where), f"no kill fell {INSIDE}:\n" + "\n".join(lines)
        return f"where {self.where.total()} kills fell:\n" + "\n".join(lines)

    def _waiting_at(self, side: OtherSide, aim: str, nth: int) -> Running | None:
        """The process whose request is held."""
        side.gate("catch", writes=aim.startswith("write"), after_effect=aim == WRITTEN, nth=nth)
        found: list[Running] = []

        def held() -> bool:
            self.keep_working()
            port = side.gate("look")["held"]
            found.extend(r for r in self.working if port in _ports(r))
            if port is not None and not found:
                side.gate("release")
            return bool(found)

        if not until(held, AIM_S):
            side.gate("release")
        return found[0] if found else None

    def _after(self, side: OtherSide, requests: int) -> Running | None:
        goal = side.gate("look")["counted"] + requests

        def come() -> bool:
            self.keep_working()
            return bool(side.gate("look")["counted"] >= goal)

        until(come, AIM_S)
        return None

    def _stop_and_look(self, db: Database, victim: Running) -> str:
        if victim.exit_code is not None:
            return "just ended"
        os.kill(victim.pid, signal.SIGSTOP)
        with db.read() as session:
            mine = col(OutboxRow.lease_owner).contains(f":{victim.pid}:")
            rows = session.exec(select(OutboxRow).where(mine, col(OutboxRow.lease_until) > database_now(session))).all()
            steps = session.exec(
                select(LeaseRow.name).where(
                    col(LeaseRow.owner).contains(f":{victim.pid}:"), col(LeaseRow.name).startswith("step:")
                )
            ).all()
        sending = sorted(f"{INSIDE}: {row.kind}" for row in rows if row.state == "sending")
        claimed = sorted(f"deliver: {row.kind} claimed" for row in rows)
        return next(iter([*sending, *claimed, *sorted(name.removeprefix("step:") for name in steps)]), "between steps")


def _ports(running: Running) -> set[Any]:
    """Local ports of a process's connections."""
    try:
        found = psutil.Process(running.pid).net_connections("tcp4")
    except psutil.Error:
        return set()
    return {connection.laddr.port for connection in found if connection.laddr}
