"""How everything on the page is read again in pandas, and where it comes from."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import tomli_w

from ..language.messages import text
from ..statistics.analysis import Analysis
from .section import Section, made

READ = '{name} = pd.read_parquet(f"{{run}}/{name}")   # {words}'
DESCRIBED = 'trials.groupby("arm")["{column}"].describe()'
AVERAGED = """\
# {comment}
scores = trials.groupby(["arm", "replicate"])["{column}"].mean()
scores.groupby("arm").describe()"""
DERIVED = """\
from paribus.studies.metrics import METRICS

frames = {{{frames}}}
trials["{name}"] = METRICS["{name}"].of(frames)
"""
DERIVED_OF_MEANS = """\
import paribus
from paribus.reports.statistics.frames import results_of

# {comment}
scores = results_of(paribus.open_run(run)).trials
scores.groupby("label")["{column}"].describe()"""
SNIPPET = """\
import pandas as pd

run = {folder}{remark}
{reads}
{derived}{scores}
epochs.merge(trials[["trial_id", "arm", "replicate"]], on="trial_id")"""


def section(analysis: Analysis) -> Section:
    """Show how to go on from here."""
    return made(
        "reload",
        text("In pandas"),
        "reload.html",
        introduction=text(
            "Everything on this page comes from folders of Parquet files, right at any moment, "
            "also while the study runs."
        ),
        snippet=snippet(analysis),
        study=text("The study, resolved"),
        study_file=tomli_w.dumps(analysis.study.to_table()),
        origin=text("Where the numbers come from"),
        provenance=provenance(analysis),
    )


def snippet(analysis: Analysis) -> str:
    """Return the lines that reload everything in pandas."""
    metric, tables = analysis.metric, analysis.results.run.tables
    reads = [READ.format(name=t.name, words=text(t.words)) for t in tables.values()]
    comment = text("folds are not independent: average over them first")
    derived, scores = "", DESCRIBED
    if analysis.study.folds > 1:
        scores = AVERAGED if metric.recorded else DERIVED_OF_MEANS
    elif not metric.recorded:
        read = dict.fromkeys(["trials", *(table for table, _ in metric.reads)])
        pairs = ", ".join(f'"{name}": {name}' for name in read)
        derived = DERIVED.format(frames=pairs, name=metric.name)
    folder, remark = place(analysis.results.run.path)
    return SNIPPET.format(
        folder=json.dumps(folder, ensure_ascii=False),
        remark=remark,
        reads="\n".join(reads),
        derived=derived,
        scores=scores.format(column=metric.name, comment=comment),
    )


def place(path: Path) -> tuple[str, str]:
    """Return where a run lies for who starts where this one was started, and a remark.

    A path that lies elsewhere on this machine is not made public; the report lies in the folder.
    """
    if path.is_absolute():
        if not path.is_relative_to(Path.cwd()):
            return path.name, text("   # the folder of this report")
        path = path.relative_to(Path.cwd())
    return path.as_posix(), ""


def provenance(analysis: Analysis) -> list[tuple[str, str]]:
    """Return where the numbers come from; an allow-list, so that no secret can slip in."""
    results = analysis.results
    plans = results.run.plans
    file = tomli_w.dumps(analysis.study.to_table())
    prints = {str(p.arm.recipe.task): p.fingerprint for plan in plans for p in plan.arms}
    numerics = sorted(results.trainings["numerics"].dropna().unique())
    return [
        (text("Study file, SHA-256"), hashlib.sha256(file.encode()).hexdigest()),
        *(
            (text("Data, SHA-256 ({task})", task=task), fingerprint)
            for task, fingerprint in prints.items()
        ),
        (text("Numerics"), "; ".join(numerics)),
        (text("paribus"), version("paribus")),
        (text("Altair"), version("altair")),
        (text("Jobs"), str(sum(len(plan.jobs) for plan in plans))),
    ]
