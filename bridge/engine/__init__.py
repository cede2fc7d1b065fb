"""Where heavy work runs. Work is a function of a batch that can be sent elsewhere; results keep the batches' order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Does a function to every batch. An error of a batch is raised; what a dead process did is done again here."""

    def map(self, work: Callable[[T], R], batches: Sequence[T]) -> list[R]: ...


class Here:
    """This thread does it all."""

    def map(self, work: Callable[[T], R], batches: Sequence[T]) -> list[R]:
        return [work(batch) for batch in batches]


HERE = Here()
