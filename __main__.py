"""The command line of paribus: one function for each command."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .core.errors import InputError, ResourceError

if TYPE_CHECKING:
    from .cluster.folder.run import Run
    from .studies.study import Study

SOME_FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130

set_option = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override any field."
)
name_option = click.option("--name", help="Call the study, and its results folder, this.")
results_option = click.option(
    "--results", default="results", show_default=True, help="Folder of all results."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="paribus")
def cli() -> None:
    """Study training: many small networks side by side, all else equal."""


def say(text: str = "") -> None:
    """Print a result."""
    click.echo(text)


def tell(text: str) -> None:
    """Print what is not a result, so that pipes stay clean."""
    click.echo(text, err=True)


def dump(value: Any) -> None:
    """Print JSON."""
    say(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def load(
    source: str, settings: tuple[str, ...], name: str | None, *, fall_back: bool = True
) -> Study:
    """Read a study and give it another name if one is asked for."""
    from .studies.files.study_files import load_study

    named = f"name={json.dumps(name)}"
    settings = (*settings, named) if name is not None else settings
    study = load_study(source, settings, fall_back=fall_back)
    if study.note:
        tell(f"note: {study.note}")
    return study


def find(source: str, results: str) -> Run:
    """Open a run by its folder, or by its study's name inside the results folder."""
    from .cluster.folder.run import is_run, open_run

    named = Path(results) / source
    return open_run(named if is_run(named) or not is_run(Path(source)) else source)


@cli.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the ready-made studies."""
    from .studies.files.study_files import catalogue, read_table

    tables = {name: read_table(name)[0] for name in catalogue()}
    if as_json:
        dump({name: table["question"] for name, table in tables.items()})
        return
    width = max(map(len, tables))
    for name, table in tables.items():
        say(f"{name:{width}}  {table['question']}")
    tell("\n`paribus show NAME` explains one, `paribus run NAME` runs it.")


@cli.command()
@click.argument("name", required=False, metavar="[FAMILY|KIND]")
@json_option
def components(name: str | None, as_json: bool) -> None:
    """List what a study can vary: every component, its formula, fields and source."""
    from .studies.files.component_table import component_table, selected, text

    if not as_json:
        say("\n".join(text(name)).rstrip())
        return
    table = component_table()
    table = table if name is None else selected(table, name)
    dump({family: [row.to_table() for row in rows] for family, rows in table.items()})


@cli.command()
@click.argument("study")
@set_option
@json_option
def show(study: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Explain a study: its question, what it varies, its recipe."""
    import tomli_w

    from .reports.language.luck import luck_words
    from .reports.statistics.pairing import luck_of

    loaded = load(study, settings, None, fall_back=False)
    if as_json:
        dump(loaded.to_table())
        return
    say(f"{loaded.question}\n")
    if loaded.explanation:
        say(f"{loaded.explanation}\n")
    if loaded.source:
        say(f"Source: {loaded.source}\n")
    folds = f" × {loaded.folds} folds" if loaded.folds > 1 else ""
    say(
        f"{len(loaded.arms)} arms × {loaded.replicates} replicates{folds}; primary metric: "
        f"{loaded.primary.words}"
    )
    say(f"Luck: {luck_words(luck_of(loaded))}\n")
    table = loaded.to_table()
    kept = ("replicates", "seed", "luck", "metric", "margin", "probe", "recipe")
    say(tomli_w.dumps({key: table[key] for key in kept} | loaded.design.to_table()))


@cli.command()
@click.argument("study")
@set_option
@name_option
@results_option
@json_option
def plan(
    study: str, settings: tuple[str, ...], name: str | None, results: str, as_json: bool
) -> None:
    """Tell what a run would do: trials, stacks, jobs, time, memory, disk. Nothing is run."""
    from .cluster.launch.clients import cores
    from .cluster.launch.estimate import estimate

    loaded = load(study, settings, name)
    found = estimate(loaded, Path(results), cores())
    if as_json:
        dump(found)
        return
    width = max(map(len, found))
    for key, value in found.items():
        say(f"{key.replace('_', ' '):{width}}  {value}")


@cli.command()
@click.argument("study")
@set_option
@name_option
@results_option
@click.option("--workers", type=click.IntRange(0), help="Processes here; 0 for none beside this.")
@click.option("--scheduler", metavar="ADDRESS", help="Use this Dask scheduler instead.")
@click.option("--retry-failed", is_flag=True, help="Train failed trials again.")
@click.option("--no-report", is_flag=True, help="Do not write the report.")
@json_option
def run(
    study: str,
    settings: tuple[str, ...],
    name: str | None,
    results: str,
    workers: int | None,
    scheduler: str | None,
    retry_failed: bool,
    no_report: bool,
    as_json: bool,
) -> None:
    """Run a study, or what is left of it, and write its report."""
    from .cluster.launch.interruption import watch
    from .cluster.launch.progress import Bar
    from .cluster.launch.running import run_study

    loaded = load(study, settings, name)
    progress = Bar(sys.stderr.isatty() and not as_json)
    watch()
    try:
        with progress:
            finished = run_study(
                loaded,
                results,
                workers=workers,
                scheduler=scheduler,
                progress=progress,
                retry_failed=retry_failed,
            )
    except KeyboardInterrupt:
        tell("interrupted; what is finished is kept. Run the same command to go on.")
        sys.exit(INTERRUPTED)
    status = finished.status()
    trained = progress.trained
    if trained == 0:
        tell(f"nothing to train: all {status.planned} trials are finished")
    page = None
    if not no_report:
        tell("writing the report …")
        page = report_of(finished)
    if as_json:
        counts = {"planned": status.planned, "trained": trained, "ok": status.ok}
        counts |= {"diverged": status.diverged, "failed": status.failed}
        dump(counts | {"run": str(finished.path), "report": str(page) if page else None})
    else:
        say(
            f"{status.finished} of {status.planned} trials finished, {status.diverged} diverged, "
            f"{status.failed} failed: {finished.path}"
        )
        if page is not None:
            say(f"report: {page}")
    if not status.complete:
        tell(f"warning: {status.planned - status.finished} trials that are asked are not finished")
    if status.failed:
        tell(f"the first failure: {finished.trials['message'].dropna().iloc[0]}")
    if status.failed or not status.complete:
        sys.exit(SOME_FAILED)


def report_of(finished: Run) -> Path:
    """Write a run's report and return where it is."""
    from .reports.page.report import write_report

    return write_report(finished)


@cli.command()
@click.argument("run")
@results_option
@json_option
def status(run: str, results: str, as_json: bool) -> None:
    """Tell how far a run is; RUN is a results folder or a study's name."""
    from dataclasses import asdict

    found = find(run, results)
    counts = found.status()
    if as_json:
        dump(asdict(counts) | {"run": str(found.path), "complete": counts.complete})
        return
    say(
        f"{found.path}: {counts.finished} of {counts.planned} trials finished "
        f"({counts.ok} ok, {counts.diverged} diverged, {counts.failed} failed), "
        f"{counts.jobs_left} jobs left"
    )


@cli.command()
@click.argument("run")
@results_option
def report(run: str, results: str) -> None:
    """Write a run's report anew and print where it is."""
    say(str(report_of(find(run, results))))


@cli.command()
@click.argument("run")
@results_option
@click.option("--csv", "as_csv", is_flag=True, help="Print every column as CSV.")
@json_option
def trials(run: str, results: str, as_csv: bool, as_json: bool) -> None:
    """Print one line per finished trial."""
    found = find(run, results)
    frame = found.trials
    if as_json:
        say(frame.to_json(orient="records", indent=1))
    elif frame.empty and not as_csv:
        tell(f"{found.path} holds no finished trial yet")
    elif as_csv:
        say(frame.to_csv(index=False).rstrip())
    else:
        columns = ["trial_id", "arm", "replicate", "status", "validation_loss"]
        if "fold" in frame:
            columns.insert(3, "fold")
        if frame["validation_accuracy"].notna().any():
            columns.append("validation_accuracy")
        say(frame[columns].to_string(index=False))


@cli.command()
@click.argument("run")
@click.argument("trial_id")
@results_option
@click.option("--out", metavar="FILE.npz", help="Write here; by default TRIAL_ID.npz.")
def export(run: str, trial_id: str, results: str, out: str | None) -> None:
    """Write the network of one trial to a file that `paribus predict` reads.

    A run keeps no weights, so the trial is trained again, alone, which gives the same bits.
    TRIAL_ID may be the start of an id of `paribus trials`.
    """
    from .cluster.work.export import finished_row

    found = find(run, results)
    row = finished_row(found, trial_id)
    path = Path(out or f"{row['trial_id']}.npz")
    if not path.parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {path.parent}")
    tell(f"training {row['trial_id']} ({row['arm']}, replicate {row['replicate']}) again …")
    model = found.export(row["trial_id"])
    model.save(path)
    if names := ", ".join(model.about["unrecorded"]):
        tell(f"note: {names} could not be compared: the trial was made before that was recorded")
    say(str(path))


@cli.command()
@click.argument("model")
@click.argument("data")
@click.option("--probabilities", is_flag=True, help="Add every class's probability.")
@click.option("--out", metavar="FILE", help="Write here; by default to standard output.")
def predict(model: str, data: str, probabilities: bool, out: str | None) -> None:
    """Print as CSV what an exported MODEL predicts for each row of DATA, a CSV or Parquet file."""
    from .cluster.work.numerics import one_blas_thread
    from .core.models.model_file import load_model
    from .studies.models.models import predictions

    with one_blas_thread():
        found = predictions(load_model(model), Path(data), probabilities=probabilities)
    text = found.to_csv(out, index=False)
    if text is not None:
        say(text.rstrip())


@cli.group()
def data() -> None:
    """List and fetch data sets."""


@data.command("list")
@json_option
def data_list(as_json: bool) -> None:
    """List the tasks and whether their data are on this machine."""
    from .core.components import members
    from .studies.data.downloads import COLLECTIONS, available
    from .studies.data.tasks import Task

    rows = {}
    for kind, cls in sorted(members(Task).items()):
        collection = COLLECTIONS.get(kind)
        place = (
            "built in" if collection is None else "here" if available(collection) else "to fetch"
        )
        place = "your file" if kind == "table" else place
        rows[kind] = (place, (cls.__doc__ or "").strip().splitlines()[0])
    if as_json:
        dump({kind: {"where": place, "about": about} for kind, (place, about) in rows.items()})
        return
    for kind, (place, about) in rows.items():
        say(f"{kind:17} {place:9} {about}")


@data.command("fetch")
@click.argument("name")
def data_fetch(name: str) -> None:
    """Fetch a data set (mnist, fashion-mnist), or check the files that are here."""
    from .core.errors import unknown
    from .studies.data.downloads import COLLECTIONS, content

    if name not in COLLECTIONS:
        raise InputError(unknown("data set to fetch", name, COLLECTIONS))
    for file in COLLECTIONS[name].checksums:
        tell(f"{file} …")
        content(COLLECTIONS[name], file)
    say(f"{COLLECTIONS[name].name} is here and its checksums are right")


@cli.command()
@json_option
def doctor(as_json: bool) -> None:
    """Tell what this machine offers and whether anything stands in the way."""
    from .cluster.launch.doctor import findings

    found = findings()
    if as_json:
        dump(found)
    else:
        for key, value in found.items():
            say(f"{key:18} {value}")


def main() -> None:
    """Run the command line; a user's mistake is one line per mistake, never a traceback."""
    try:
        cli.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        tell("interrupted")
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(WRONG_INPUT)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except InputError as error:
        for message in error.messages:
            tell(f"error: {message}")
        sys.exit(WRONG_INPUT)
    except ResourceError as error:
        tell(f"error: {error}")
        sys.exit(SOME_FAILED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(SOME_FAILED)
    except OSError as error:
        with contextlib.suppress(OSError):
            sys.stdout.close()
        tell(f"error: {error}")
        sys.exit(SOME_FAILED)
    except MemoryError as error:
        tell(f"error: not enough memory: {error}")
        sys.exit(SOME_FAILED)


if __name__ == "__main__":
    main()
