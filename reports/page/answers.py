"""The answer in one sentence, with its interval and what it may be taken to mean."""

from __future__ import annotations

from dataclasses import dataclass

from ..statistics.effects import Effect, Estimate, estimate, paired_effects, verdict
from ..statistics.frames import Results
from ..statistics.pairing import listed, shared_luck
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


def describe(found: Estimate, results: Results, position: int) -> str:
    """Say one arm's value in words, or why it has none."""
    metric = results.metric
    if found.n == 0:
        statuses = results.trials.loc[results.trials["arm"] == position, "status"]
        reasons = [f"{n} {status}" for status, n in statuses.value_counts().items() if n]
        what = "trial" if results.study.folds == 1 else "replicate"
        if results.older_than_metric:
            again = "`paribus run` with another --name trains them anew"
            reasons = [f"they were made before it was recorded; {again}"]
        return f"no {what} has a {metric.words} ({', '.join(reasons) or 'none is finished'})"
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
    base_levels = results.named(results.baseline)
    diverged = int((results.trainings["status"] == "diverged").sum())
    failed = int((results.trainings["status"] == "failed").sum())
    parts = {"arms": len(study.arms), "replicates": study.replicates}
    parts |= {"folds": study.folds} if study.folds > 1 else {}
    figures = [
        ("trials", f"{len(results.trainings):,}"),
        (" × ".join(parts), " × ".join(map(str, parts.values()))),
    ]
    ended = [("diverged", f"{diverged}")] + ([("failed", f"{failed}")] if failed else [])
    if results.contrast is None:
        spoken = levels_spoken(results.named(results.baseline))
        sentence = f"with {spoken} {describe(base, results, results.baseline)}."
        others = "" if len(study.arms) == 1 else "No other arm has a value to compare with. "
        brackets = spoken_interval(base, study.folds)
        return Answer(capital(sentence), others + brackets, (*figures, *ended))
    other = estimate(values[results.contrast], metric.scale)
    other_levels = results.named(results.contrast)
    shared, own, theirs = common_levels(base_levels, other_levels)
    told = [
        f"with {levels_spoken(levels)} {describe(found, results, position)}"
        for levels, found, position in (
            ((*shared, *own), base, results.baseline),
            (theirs, other, results.contrast),
        )
    ]
    sentence = "; ".join(told) + "."
    effects: dict[int, Effect] = {e.arm: e for e in paired_effects(results, metric)}
    found = effects.get(results.contrast)
    qualification = ""
    if found is not None and found.n:
        conclusion = verdict(found, metric, study.margin)
        kind = "ratio" if metric.scale == "log" else "difference"
        arms = (results.arm(results.baseline), results.arm(results.contrast))
        luck = listed(shared_luck(arm.recipe for arm in arms))
        pairs = f"{found.n} pair{'s' if found.n > 1 else ''} of replicates"
        qualification = (
            f"The {kind} of the second to the first, over {pairs} with the same {luck}, is "
            f"{effect(metric, found.mean)} "
            f"{effect_interval(metric, found.low, found.high)}: {conclusion}."
        )
        if study.margin:
            unit = " %" if metric.scale == "log" else " points" if metric.percent else ""
            limit = f"{study.margin * (100 if unit else 1):g}{unit}"
            when = "in advance" if results.asked_in_advance else "after results were there"
            qualification += f" What matters was set {when}: at least {limit}."
        figures.append((f"paired {kind}", effect(metric, found.mean)))
    if not study.contrast and len(study.arms) > 2:
        qualification += (
            f" The second arm is the best of {len(study.arms) - 1} by the same numbers, which "
            "flatters it."
        )
    brackets = spoken_interval(base, study.folds)
    return Answer(capital(sentence), f"{qualification} {brackets}".strip(), (*figures, *ended))


def spoken_interval(found: Estimate, folds: int = 1) -> str:
    """Say what the brackets are; a replicate of several folds counts once."""
    if found.n == 0:
        return ""
    if found.n == 1:
        return "With a single replicate there is no interval: add replicates."
    each = f", each the mean over {folds} folds" if folds > 1 else ""
    return f"Brackets are 95 % intervals over {found.n} replicates{each}."
