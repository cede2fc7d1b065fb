"""Plots of what the benchmark measured, as SVG. Rule: drawn from rows that were measured in the same run, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

Line = tuple[str, Sequence[float], Sequence[float]]


def draw(path: Path, title: str, x: str, y: str, lines: Sequence[Line], *, log: bool = False) -> None:
    """Lines of (name, x, y). Needs the extra ``bench``. The same figures give the same file."""
    import matplotlib as mpl  # noqa: PLC0415 - an extra

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "bridge", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(5.6, 3.2), layout="constrained")
    for name, across, up in lines:
        axes.plot(across, up, marker="o", markersize=3, label=name)
    axes.set(title=title, xlabel=x, ylabel=y)
    _settle(axes, log=log)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _settle(axes: Any, *, log: bool) -> None:
    if log:
        axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
