"""What a report says beside its charts: checks, methods, trials, provenance, all as plain texts."""

from __future__ import annotations

import hashlib
import math
from importlib.metadata import version
from typing import Any

import pandas as pd
import tomli_w

from ...core.components import Component
from ...core.recipe import FULL_BATCH, RecipeField, recipe_fields
from ...studies.designs.design_function import Arm, Level
from ..statistics.effects import paired_effects
from ..statistics.frames import Results
from ..statistics.pairing import listed, luck_words, shared_luck
from ..statistics.verdicts import Judgement
from .words import axis_words, component_words, levels_words, number, value_words

MOST_SUBNORMAL = 0.01
"""The share of a layer's δ that may be subnormal before a report warns of it."""
MOST_ROWS = 2000
"""Trials listed on the page; the Parquet files always hold all of them."""


def judgement_row(found: Judgement) -> dict[str, Any]:
    """Return a judged expectation as texts."""
    expected = found.expectation
    percent = expected.scale == "logit"
    show = (lambda x: f"{number(100 * x, 4)} %") if percent else number
    published = show(expected.published)
    if expected.judge == "range":
        published = f"{show(expected.published)} to {show(expected.upper)}"
    return {
        "claim": expected.claim,
        "published": published,
        "centre": show(found.centre),
        "interval": f"{show(found.low)} to {show(found.high)}",
        "judge": {
            "prediction": "in the prediction interval",
            "median": f"median within {100 * expected.tolerance:g} %",
            "range": "median in the band",
        }[expected.judge],
        "verdict": found.verdict,
        "rejected": "; ".join(found.rejected) or "none",
        "kept": "; ".join(found.kept) or "none",
        "source": expected.source,
    }


def checks(results: Results) -> list[dict[str, str]]:
    """Return the trust checks: what, whether it is fine, and the evidence."""
    study, trials = results.study, results.trainings
    wanted = len(study.arms) * study.replicates * study.folds
    found = []

    def check(title: str, good: bool, text: str) -> None:
        found.append({"title": title, "state": "ok" if good else "note", "text": text})

    check("Complete", len(trials) == wanted, f"{len(trials):,} of {wanted:,} trials are finished.")
    diverged = trials[trials["status"] == "diverged"]
    arms = diverged["arm"].nunique()
    check(
        "Diverged",
        diverged.empty,
        f"{len(diverged)} trials diverged, in {arms} arms; they have no final score and are left "
        f"out of means{', their whole replicates with them' if study.folds > 1 else ''}, which "
        "flatters their arms."
        if len(diverged)
        else "No trial diverged.",
    )
    failed = trials[trials["status"] == "failed"]
    check(
        "Failed",
        failed.empty,
        f"{len(failed)} trials failed: {failed['message'].iloc[0]}"
        if len(failed)
        else "No trial failed.",
    )
    tiny = results.layers["subnormal_share"].dropna()
    if len(tiny) and tiny.max() > MOST_SUBNORMAL:
        worst = results.layers.loc[tiny.idxmax()]
        check(
            "Subnormal numbers",
            False,
            f"Up to {100 * worst['subnormal_share']:.0f} % of a layer's δ (layer "
            f"{worst['layer']:.0f}, step {worst['step']:.0f}) are subnormal numbers, which many "
            'processors compute slowly and all compute coarsely; dtype = "float64" avoids them.',
        )
    check(
        "Replicates",
        study.replicates >= 5,
        f"{study.replicates} per arm"
        + ("." if study.replicates >= 5 else "; fewer than 5 give wide or no intervals."),
    )
    effects = [e for e in paired_effects(results, results.metric) if math.isfinite(e.correlation)]
    if effects:
        correlation = sum(e.correlation for e in effects) / len(effects)
        ratio = sum(e.variance_ratio for e in effects) / len(effects)
        check(
            "Pairing",
            ratio <= 1,
            f"Mean correlation of the pairs {number(correlation, 2)}; the variance of a paired "
            f"difference is {number(ratio, 2)} times that of an unpaired one"
            + (": pairing helps." if ratio <= 1 else ": pairing does not help here."),
        )
    scored = trials[trials["validation_loss"].notna()]
    if study.recipe.epochs > 1 and len(scored):
        still = float((scored["best_epoch"] == scored["epochs_trained"]).mean())
        check(
            "Trained long enough",
            still < 0.5,
            f"In {100 * still:.0f} % of trials the {results.held_out} loss was lowest at the last "
            "epoch" + (": they were still improving." if still >= 0.5 else "."),
        )
    numerics = trials["numerics"].nunique()
    check(
        "One kind of machine",
        numerics == 1,
        "All numbers come from the same libraries and processor type."
        if numerics == 1
        else f"{numerics} kinds of machine or library; last digits may differ.",
    )
    if study.note:
        check("Note", False, study.note)
    extended = sum(bool(plan.jobs) for plan in results.run.plans) - 1
    if extended > 0:
        check(
            "Extended",
            False,
            f"The study was extended {extended} time{'s' if extended > 1 else ''} after its first "
            "plan; if results were looked at in between, intervals are optimistic.",
        )
    if not results.asked_in_advance:
        check(
            "Asked anew",
            False,
            "Metric, margin, baseline, contrast or expectations were changed after trials had been "
            "planned; verdicts that were chosen after looking prove less.",
        )
    return found


def methods(results: Results) -> list[tuple[str, str]]:
    """Return what was held equal and what was varied."""
    study, recipe = results.study, results.study.recipe
    varied = [
        f"{axis_words(path)}: {', '.join(map(value_words, results.levels(path)))}"
        for path in results.axes
    ]
    base = Arm(study.recipe)
    varied_paths = set(results.axes) & set(study.axes)
    whole = {"hidden" if path in ("depth", "width") else path for path in study.axes}
    inside = {path.split(".")[0] for path in varied_paths if "." in path}
    same = "; ".join(
        f"{f.words}: {field_words(base.level(f.name), f)}"
        f"{' apart from what is varied' if f.name in inside else ''}"
        for f in recipe_fields().values()
        if f.name not in whole
    )
    luck = listed(shared_luck(arm.recipe for arm in study.arms))
    trainings = results.trainings
    seconds = float((trainings["stack_seconds"] / trainings["stack_trials"]).sum())
    rows = [
        ("Varied", "; ".join(varied) or "nothing"),
        ("Held equal", same),
        (
            "Luck",
            f"{study.replicates} replicates, seed {study.seed}. In every arm a replicate has the "
            f"same {luck}. {luck_words(study)}",
        ),
        ("Selection", selection(results)),
        ("Primary metric", results.metric.words),
        ("Baseline", levels_words(results.named(results.baseline))),
        (
            "Compute",
            f"{number(seconds)} core-seconds of training, "
            f"{number(float(trainings['updates'].sum()))} updates, "
            f"{number(float(trainings['flops'].sum()))} floating-point operations.",
        ),
    ]
    if recipe.split.held_out == "test":
        rows.insert(
            3,
            (
                "Protocol",
                "As published, the official test set takes the validation "
                "set's place: no number here is from untouched data.",
            ),
        )
    return rows


def field_words(level: Level, declared: RecipeField) -> str:
    """Write what a field of the recipe holds, in full."""
    value = level.value
    if value is None:
        without = declared.absent.removesuffix(f" {declared.words}")
        return "none" if without.startswith("no") else without
    if isinstance(value, tuple) and declared.holds == "several":
        return ", ".join(map(component_words, value)) or "none"
    if declared.name == "batch_size" and value == FULL_BATCH:
        return "whole training set"
    return component_words(value) if isinstance(value, Component) else level.label or "none"


def selection(results: Results) -> str:
    """Say which rows arms are compared on, and how often each of them is used."""
    study = results.study
    on = "training" if study.metric.startswith("train_") else results.held_out
    told = f"Arms are compared on the {on} set. "
    if study.metric.startswith("test_"):
        told = "Arms are compared on the test set, so that an arm chosen here is flattered by it. "
    elif study.metric in ("speed_ratio", "layer_factor"):
        told = "Arms are compared by their gradients at initialisation. "
    if study.folds == 1:
        return told + "Each replicate is one training per arm."
    split = results.arm(results.baseline).recipe.split
    strata = " class by class" if split.stratified else ""
    return (
        f"{told}{study.folds}-fold cross-validation: a replicate deals the rows that are not for "
        f"testing{strata} into {study.folds} folds, the same in every arm; each of "
        f"{study.folds} trainings validates on one fold and trains on the others, and their scores "
        "are averaged before anything is compared. Intervals, pairs and tests count replicates "
        "(repetitions), never folds, which share training rows and are not independent. A "
        "replicate with a fold that has no score has none."
    )


def trial_table(results: Results) -> dict[str, Any]:
    """Return the trials as texts and sort keys; each fold is one."""
    study = results.study
    luck = ["replicate", "fold"] if study.folds > 1 else ["replicate"]
    names = {
        "validation_loss": "validation loss",
        "validation_accuracy": "validation accuracy",
        "train_loss": "training loss",
        "test_accuracy": "test accuracy",
        "best_epoch": "best epoch",
    }
    names = {study.metric: results.metric.words} | names
    frame = results.trainings
    names = {k: v for k, v in names.items() if frame[k].notna().any()}
    words = {p: {x.label: value_words(x) for x in results.levels(p)} for p in results.axes}
    rows = []
    for _, row in frame.head(MOST_ROWS).iterrows():
        cells = [(words[p][row[f"axis:{p}"]], row[f"axis:{p}"]) for p in results.axes]
        cells += [(str(row[name]), str(row[name])) for name in luck]
        status = row["status"]
        if status == "diverged":
            status = (
                f"diverged in epoch {row['diverged_epoch']:.0f}, layer {row['diverged_layer']:.0f}"
            )
        cells.append((status, status))
        for name in names:
            percent = name.endswith("accuracy")
            text = f"{number(100 * row[name])} %" if percent else number(row[name])
            cells.append((text if pd.notna(row[name]) else "–", repr(float(row[name]))))
        rows.append(cells)
    heads = [*map(axis_words, results.axes), *luck, "status", *names.values()]
    return {"heads": heads, "rows": rows, "left_out": max(0, len(frame) - MOST_ROWS)}


def provenance(results: Results) -> list[tuple[str, str]]:
    """Return where the numbers come from; an allow-list, so that no secret can slip in."""
    trials, plans = results.trainings, results.run.plans
    file = tomli_w.dumps(results.study.to_table())
    prints = {str(p.arm.recipe.task): p.fingerprint for plan in plans for p in plan.arms}
    return [
        ("Study file, SHA-256", hashlib.sha256(file.encode()).hexdigest()),
        *((f"Data, SHA-256 ({task})", fingerprint) for task, fingerprint in prints.items()),
        ("Numerics", "; ".join(sorted(trials["numerics"].dropna().unique()))),
        ("paribus", version("paribus")),
        ("Altair", version("altair")),
        ("Jobs", str(sum(len(plan.jobs) for plan in plans))),
    ]


def snippet(results: Results) -> str:
    """Return the lines that reload everything in pandas."""
    metric = results.study.metric
    column = metric if metric.endswith(("loss", "accuracy")) else "validation_loss"
    folder = results.run.path.name
    scores = f'trials.groupby("arm")["{column}"].describe()\n'
    if results.study.folds > 1:
        scores = (
            "# folds are not independent: average over them first\n"
            f'scores = trials.groupby(["arm", "replicate"])["{column}"].mean()\n'
            'scores.groupby("arm").describe()\n'
        )
    reads = "".join(
        f'{table.name} = pd.read_parquet(f"{{run}}/{table.name}")   # {table.words}\n'
        for table in results.run.tables.values()
    )
    return (
        "import pandas as pd\n\n"
        f'run = "results/{folder}"\n{reads}\n{scores}'
        'epochs.merge(trials[["trial_id", "arm", "replicate"]], on="trial_id")'
    )
