"""``bridge model``: which embedding model is in use, and changing it while the former one serves on."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bridge.analysis.embedding.hub import download as fetch
from bridge.analysis.embedding.loading import default_cache, exports
from bridge.cli.output import print_json, progress, say, show_report, table
from bridge.cli.workspace import AsJson, AsName, Reason, actor_of, now, opened
from bridge.jobs import Jobs
from bridge.service.models import ask_for, drop, list_models
from bridge.store.models import Chosen, in_use, put_in_use

app = typer.Typer(no_args_is_help=True, add_completion=False)
BUNDLED = "bundled"
Model = Annotated[str, typer.Argument(help=f"A folder, the name of a cached model, or {BUNDLED}.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False, as_name: AsName = None) -> None:
    """Models with vectors here, how complete they are, which one is in use, and the exports in the cache."""
    with opened(ctx.obj) as bridge:
        with bridge.db.read() as session:
            serving, wished = bridge.serving(session), bridge.wished(session)
            rows = list_models(session, actor_of(bridge, as_name), serving, wished)
        cache = bridge.settings.home / bridge.settings.model.cache if bridge.settings.model.cache else default_cache()
    kept = exports(cache)
    if as_json:
        print_json({"models": [asdict(row) for row in rows], "cache": str(cache), "exports": kept})
        return
    cells = [(r.id, r.dim or "", r.vectors, f"{r.bytes / 1e6:.1f}", f"{r.share:.0%}", _state(r)) for r in rows]
    table(("model", "dim", "vectors", "MB", "complete", "state"), cells, right=("dim", "vectors", "MB", "complete"))
    names = ", ".join(f"{e['model']} ({e['state']})" for e in kept)
    say(f"exports in {cache}: {names or 'none yet'}")


def _state(row: object) -> str:
    used, wanted = getattr(row, "in_use", False), getattr(row, "wanted", False)
    return "in use" if used else "re-embedding" if wanted else "kept: `bridge model drop`"


@app.command()
def use(
    ctx: typer.Context,
    model: Model,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch it by its name from huggingface.co first.")
    ] = False,
    as_json: AsJson = False,
    reason: Reason = None,
    as_name: AsName = None,
) -> int:
    """Compute every vector anew with another model, then switch. Kill it and run it again as you like.

    Until the end pages and grouping read the former model's vectors. Issues and their tickets stay as they are.
    """
    path = "" if model == BUNDLED else model
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        if download:
            say(f"HF_HUB_OFFLINE is off for this one command: {path} is fetched from the Hugging Face hub")
            fetch(path)
        chosen = bridge.chosen(_absolute(path, bridge.settings.home))
        with bridge.db.write() as session:
            serving = bridge.serving(session)
            if in_use(session) is None:
                put_in_use(session, serving)
            ask_for(session, actor, chosen, bridge.settings.model.path, at=now(), reason=reason)
        if chosen.id == serving.id:
            say(f"{chosen.id} is in use already")
            return 0
        with progress(shown=not as_json) as show:
            (report,) = Jobs(bridge, progress=show, re_embed_s=None).run(("embed",))
        with bridge.db.read() as session:
            switched = in_use(session) == chosen
    if as_json:
        print_json({"model": chosen.id, "switched": switched, "step": report.to_dict()})
    else:
        show_report(report)
        if not switched:
            say(f"{serving.id} is still in use: the worker goes on with {chosen.id}, and so does this command")
    return 0 if switched else 1


def _absolute(path: str, home: Path) -> str:
    """A folder is meant as seen from where the command is typed, and kept so that every process finds it."""
    folder = Path(path).expanduser()
    if not path or not folder.is_dir() or (home / path).is_dir():
        return path
    return str(folder.resolve())


@app.command("drop")
def drop_(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(help="Its id, as `bridge model list` writes it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_name: AsName = None,
) -> None:
    """Delete the vectors of a model that is not in use any more. Going back to it then means embedding again."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        if not yes:
            typer.confirm(f"delete all vectors of {model}?", abort=True)
        with bridge.db.write() as session:
            busy = (bridge.serving(session).id, bridge.wished(session).id)
            gone = drop(session, actor, model, busy, at=now())
    say(f"{gone} vectors of {model} are gone")


@app.command()
def compare(
    ctx: typer.Context,
    model: Model,
    file: Annotated[Path, typer.Argument(help="CSV of texts and their labels, plain or .gz.")],
    text_column: Annotated[str, typer.Option(help="Column with the text.")] = "text",
    label_column: Annotated[str, typer.Option(help="Column with the label.")] = "label",
    limit: Annotated[int, typer.Option(min=20, help="So many rows at most, drawn with seed 0.")] = 2000,
    as_json: AsJson = False,
) -> None:
    """Embed a labelled file with the model in use and with another, and compare them. Changes nothing."""
    from bridge.service.model_compare import compare as compare_models  # noqa: PLC0415 - loads the clusterer

    path = "" if model == BUNDLED else model
    with opened(ctx.obj) as bridge:
        with bridge.db.read() as session:
            serving = bridge.serving(session)
        other: Chosen = bridge.chosen(_absolute(path, bridge.settings.home))
        found = compare_models(
            [bridge.load_embedder(serving), bridge.load_embedder(other)],
            file,
            text_column=text_column,
            label_column=label_column,
            limit=limit,
        )
    if as_json:
        print_json(asdict(found))
        return
    columns = ("model", "dim", "texts/s", "right of 10 nearest", "ARI", "clusters")
    cells = [
        (m.model, m.dim, f"{m.texts_per_second:.0f}", f"{m.right:.3f}", f"{m.ari:.3f}", m.clusters)
        for m in found.models
    ]
    table(columns, cells, right=columns[1:])
    say(f"{found.n} texts, {found.classes} labels; the two agree on {found.neighbours_shared:.0%} of the 10 nearest")
