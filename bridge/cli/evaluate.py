"""``bridge evaluate``: the shipped grouping on a labelled file, with other ways to group beside it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.analysis.evaluation import evaluate as compare
from bridge.cli.output import print_json, say, table
from bridge.cli.workspace import AsJson
from bridge.evaluating.labelled import read_labelled
from bridge.evaluating.peers import PEERS, run_peer
from bridge.evaluating.shipped import Outcome, run
from bridge.service.errors import ServiceError

app = typer.Typer(add_completion=False)


@dataclass(slots=True)
class _Talk:
    """Progress on standard error, a line each tenth of a step, so that standard output stays the result."""

    last: tuple[str, int] = ("", -1)

    def __call__(self, step: str, done: int, total: int | None) -> None:
        tenth = done * 10 // total if total else 0
        if (step, tenth) != self.last:
            self.last = (step, tenth)
            _tell(f"{step} {done:,}/{total:,}" if total else step)


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header line, UTF-8; also .csv.gz.")],
    text_column: Annotated[str, typer.Option(help="Column of the customer's words.")] = "text",
    label_column: Annotated[str, typer.Option(help="Column of the true issue.")] = "label",
    limit: Annotated[int | None, typer.Option(min=1, help="A random sample of so many rows, always the same.")] = None,
    batches: Annotated[int | None, typer.Option(min=2, help="Also arriving in so many, a consolidation each.")] = None,
    baseline: Annotated[
        list[str] | None, typer.Option(help=f"Beside it, comma or repeated: {', '.join(PEERS)}.")
    ] = None,
    in_order: Annotated[bool, typer.Option("--in-order", help="Rows arrive as in the file, not shuffled.")] = False,
    as_json: AsJson = False,
) -> None:
    """Embed and group any labelled file with the shipped settings in a throw-away database, and measure the result.

    docs/evaluating.md says what each figure means. Nothing of this workspace is read or changed.
    """
    peers = list(dict.fromkeys(name.strip() for item in baseline or () for name in item.split(",") if name.strip()))
    for name in peers:
        if name not in PEERS:
            raise ServiceError(f"--baseline {name!r}: choose from {', '.join(PEERS)}")
    labelled = read_labelled(file, text_column=text_column, label_column=label_column, limit=limit, in_order=in_order)
    if batches and batches > len(labelled.rows):
        raise ServiceError(f"--batches {batches}: there are only {len(labelled.rows)} rows")
    for note in labelled.notes:
        _tell(note)
    outcome = run(labelled.rows, batches=batches, progress=_Talk())
    for note in outcome.notes:
        _tell(note)
    others = {name: _beside(name, outcome) for name in peers}
    if as_json:
        print_json({**outcome.to_dict(), **({"baselines": others} if others else {})})
    else:
        _show(outcome.to_dict(), others)


def _beside(name: str, outcome: Outcome) -> dict[str, Any]:
    """A peer's figures by setting; ``counts`` names the setting with the higher ARI."""
    _tell(f"baseline {name}")
    shown: dict[str, Any] = {}
    labels = [row.label for row in outcome.rows]
    for peer in run_peer(name, outcome.texts, outcome.vectors):
        quality = compare(labels, peer.labels)
        figures = {figure: getattr(quality, figure) for figure in quality.__dataclass_fields__}
        shown[peer.setting] = {"what": peer.what, **figures, "cpu_seconds": peer.cpu_seconds, "seconds": peer.seconds}
    shown["counts"] = max(shown, key=lambda setting: shown[setting]["ari"])
    return shown


def _show(ours: dict[str, object], others: dict[str, dict[str, Any]]) -> None:
    counted = {name: figures[figures["counts"]] for name, figures in others.items()}
    rows = [(key, _shown(value), *(_shown(peer.get(key)) for peer in counted.values())) for key, value in ours.items()]
    if counted:
        rows.append(("seconds (CPU)", "", *(_shown(peer["cpu_seconds"]) for peer in counted.values())))
    names = ("figure", "ours", *counted)
    table(names, rows, right=names[1:])
    for name, figures in others.items():
        for setting in ("defaults", "better"):
            one = figures[setting]
            mark = " (counts)" if setting == figures["counts"] else ""
            say(f"{name}, {setting}: {one['what']}: ARI {one['ari']:.3f}, B-cubed {one['b3_f1']:.3f}{mark}")


def _shown(value: object) -> str:
    if isinstance(value, list):
        return " ".join(f"{part:.3f}" for part in value)
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"  # noqa: PLR2004 - shares with more digits
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
