"""The answer in one sentence, with its interval and what it may be taken to mean."""

from __future__ import annotations

from dataclasses import dataclass

from .effects import Effect, Estimate, estimate, paired_effects, verdict
from .frames import Results
from .words import (
    common_levels,
    effect,
    effect_interval,
    interval,
    levels_spoken,
    value,
)


@dataclass(frozen=True)
class Answer:
    """The headline and the numbers behind it."""

    sentence: str
    qualification: str
    figures: tuple[tuple[str, str], ...]
    """Key figures: what, and the number."""


def capital(text: str) -> str:
    """Start a sentence with a capital, without touching the rest."""
    return text[:1].upper() + text[1:]


def describe(found: Estimate, results: Results) -> str:
    """Say one arm's value in words."""
    metric = results.metric
    amount = f"{value(metric, found.mean)} {interval(metric, found.low, found.high)}"
    if metric.name == "layer_factor":
        if found.low <= 1 <= found.high:
            return f"the learning speed is level, ×{amount} per hidden layer"
        if found.mean > 1:
            times = f"{value(metric, found.mean)}-fold {interval(metric, found.low, found.high)}"
            return f"the learning speed falls {times} per hidden layer towards the input"
        bounds = interval(metric, 1 / found.high, 1 / found.low)
        times = f"{value(metric, 1 / found.mean)}-fold {bounds}"
        return f"the learning speed grows {times} per hidden layer towards the input"
    if metric.name == "speed_ratio":
        return f"the last hidden layer learns {amount} times as fast as the first"
    return f"the {metric.words} is {amount}"


def answer(results: Results) -> Answer:
    """Compare the baseline with the contrast arm, paired by replicate."""
    study, metric = results.study, results.metric
    values = {
        position: results.trials.loc[results.trials["arm"] == position, metric.name]
        for position in (results.baseline, results.contrast)
        if position is not None
    }
    base = estimate(values[results.baseline], metric.scale)
    base_levels = dict(results.arm(results.baseline).levels)
    diverged = int((results.trials["status"] == "diverged").sum())
    failed = int((results.trials["status"] == "failed").sum())
    figures = [
        ("trials", f"{len(results.trials):,}"),
        ("arms × replicates", f"{len(study.arms)} × {study.replicates}"),
    ]
    ended = [("diverged", f"{diverged}")] + ([("failed", f"{failed}")] if failed else [])
    if results.contrast is None:
        sentence = (
            capital(describe(base, results))
            if base.n
            else "No trial of the baseline has a value: every one diverged."
        )
        return Answer(f"{sentence.rstrip('.')}.", spoken_interval(base), (*figures, *ended))
    other = estimate(values[results.contrast], metric.scale)
    other_levels = dict(results.arm(results.contrast).levels)
    shared, own, theirs = common_levels(base_levels, other_levels)
    told = [
        f"with {levels_spoken(levels)} "
        + (describe(found, results) if found.n else "no trial has a value, since all diverged")
        for levels, found in (((*shared, *own), base), (theirs, other))
    ]
    sentence = "; ".join(told) + "."
    effects: dict[int, Effect] = {e.arm: e for e in paired_effects(results, metric)}
    found = effects.get(results.contrast)
    qualification = ""
    if found is not None and found.n:
        conclusion = verdict(found, metric, study.margin)
        kind = "ratio" if metric.scale == "log" else "difference"
        pairs = f"{found.n} pair{'s' if found.n > 1 else ''} of replicates"
        qualification = (
            f"The {kind} of the second to the first, over {pairs} with the same data, split, "
            f"initial draws and batch order, is {effect(metric, found.mean)} "
            f"{effect_interval(metric, found.low, found.high)}: {conclusion}."
        )
        if study.margin:
            unit = " %" if metric.scale == "log" else " points" if metric.percent else ""
            limit = f"{study.margin * (100 if unit else 1):g}{unit}"
            qualification += f" What matters was set in advance: at least {limit}."
        figures.append((f"paired {kind}", effect(metric, found.mean)))
    if not study.contrast:
        qualification += (
            f" The second arm is the best of {len(study.arms) - 1} by the same numbers, which "
            "flatters it."
        )
    return Answer(
        capital(sentence), f"{qualification} {spoken_interval(base)}".strip(), (*figures, *ended)
    )


def spoken_interval(found: Estimate) -> str:
    """Say what the brackets are."""
    if found.n < 2:
        return "With a single replicate there is no interval: add replicates."
    return f"Brackets are 95 % intervals over {found.n} replicates."
