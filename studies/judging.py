"""What a study can be judged by: its metric, its margin and the set that they are measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..core.components import members
from ..core.engine.examples import Sizes
from ..core.errors import InputError
from ..core.inference.scores import FEWEST_PAIRS
from ..core.measures.measures import Measure
from ..core.measures.outcomes import Outcomes
from ..core.recipe import Recipe
from ..core.streams import Purpose
from . import claims
from .estimands import Generality, generality
from .luck import purposes_varied
from .metrics import METRICS, Metric

if TYPE_CHECKING:
    from .study import Study


def margin_mistakes(metric: Metric, margin: float) -> list[str]:
    """Return what is wrong with a margin in the unit of its metric."""
    if metric.unit == "%" and margin >= 1:
        return [
            f"margin = {margin!r} would be {100 * margin:g} points of {metric.words}; "
            f"write {margin / 100:g} for {margin:g} point{'' if margin == 1 else 's'}"
        ]
    return []


def check(study: Study, recipe: Recipe, sizes: Sizes) -> None:
    """Refuse a metric, primary or the design's, that a recipe can never have a fair value of.

    Raises
    ------
    InputError
        If there is no such value, or the recipe selects on the set that the metric is measured on.
    """
    missing = lacking(study, recipe, sizes)
    for where, name in (("metric", study.metric), ("design.metric", study.design.selects_on)):
        for need in METRICS[name].needs if name else ():
            if missing[need]:
                raise InputError(f"{where} = {name!r} would have no value: {missing[need]}")
    for need in study.answer.needs:
        if missing[need]:
            raise InputError(f"answer = {study.answer.kind!r} has nothing to say: {missing[need]}")
    expected = [
        one
        for one in study.expectations
        if any(arm.recipe == recipe for arm in study.matching(one.arm) or study.arms)
    ]
    steps = study.probe.wanted(recipe.steps_per_epoch(sizes.train), recipe.epochs)
    messages = claims.unjudgeable(expected, study.matching, missing)
    messages += [
        one.named(f"no layer is measured at step = {one.step}; probe.steps = {study.probe.steps!r}")
        for one in expected
        if one.step is not None and one.step not in steps
    ]
    if messages:
        raise InputError(*messages)
    refuse_selected(study, recipe, sizes)
    refuse_unanswerable(study)
    refuse_mixed(study)
    refuse_no_contrast(study)


def lacking(study: Study, recipe: Recipe, sizes: Sizes) -> dict[str, str | Literal[False]]:
    """Return a sentence for each need of a metric that a study does not meet, else False."""
    asked = {measure.kind for measure in study.measures}
    unmeasured: dict[str, str | Literal[False]] = {
        kind: kind not in asked and f"it is made from measure {kind!r}; add {kind!r} to measures"
        for kind in members(Measure)
    }
    probe = study.probe.steps
    nowhere: str | Literal[False] = probe == "none" and "probe.steps = 'none' measures no layer"
    deepest = max(arm.recipe.depth for arm in study.arms)
    return unmeasured | {
        "classes": not sizes.labelled
        and f"task {recipe.task} has no classes; use metric = 'validation_loss'",
        "numbers": sizes.labelled
        and f"task {recipe.task} has classes; use metric = 'validation_accuracy'",
        "validation": not sizes.validation and "the split leaves no validation set",
        "test": not sizes.test and "the split leaves no test set",
        "layers": nowhere or (deepest < 2 and "no arm has two hidden layers to compare"),
        "hidden layers": nowhere or (deepest < 1 and "no arm has a hidden layer"),
        "layers at the end": nowhere
        or (
            probe == "initial"
            and "probe.steps = 'initial' measures no layer at the end; take 'log' or 'epochs'"
        ),
    }


def refuse_mixed(study: Study) -> None:
    """Refuse a loss as the metric, primary or the design's, of arms with different losses.

    Raises
    ------
    InputError
        If two arms of one task have losses in different units.
    """
    for where, name in (("metric", study.metric), ("design.metric", study.design.selects_on)):
        if not name.endswith("_loss"):
            continue
        losses: dict[Any, Any] = {}
        for arm in study.arms:
            one = losses.setdefault(arm.recipe.task, arm.recipe.loss)
            if one != arm.recipe.loss:
                raise InputError(
                    f"{where} = {name!r} mixes losses: some arms are measured by {one}, others by "
                    f"{arm.recipe.loss}; take an accuracy, or compare losses in a study each"
                )


def refuse_no_contrast(study: Study) -> None:
    """Refuse a contrast that no arm is.

    Raises
    ------
    InputError
        If no arm but the baseline has its levels, and the baseline's on the other axes.
    """
    if study.contrast and study.contrast_arm is None and not study.design.adaptive:
        named = ", ".join(f"{path} = {value!r}" for path, value in study.contrast)
        raise InputError(
            f"contrast: no arm but the baseline ({study.baseline_arm.label}) has {named} and is "
            "like the baseline on every other axis"
        )


def refuse_unanswerable(study: Study) -> None:
    """Refuse a question about other data that replicates on the same examples cannot answer.

    Raises
    ------
    InputError
        If all replicates are scored on the same examples, and the examples are not recorded.
    """
    if generality(study) is not Generality.EXAMPLES:
        return
    recorded = any(measure.kind == Outcomes.kind for measure in study.measures)
    if not recorded or study.primary.unit != "%":
        raise InputError(
            "estimand = 'data' asks about other examples, but all replicates are scored on the "
            "same ones; this needs an accuracy as the metric and measures = ['outcomes'], or a "
            "split that replicates draw anew"
        )


def tuned_on_others(study: Study, recipe: Recipe) -> bool:
    """Whether levels are chosen on replicates of their own, which draw other validation rows."""
    drawn = {Purpose.DATA, Purpose.SPLIT} & set(purposes_varied(recipe, study.luck))
    return study.design.selects == "levels" and bool(drawn)


def notes(study: Study) -> list[str]:
    """Return what a study cannot show, whatever its results are."""
    said = claims.ambiguous(study.expectations, study.matching)
    if len(study.arms) > 1 and study.replicates < FEWEST_PAIRS:
        said.append(
            f"replicates = {study.replicates}: fewer than {FEWEST_PAIRS} pairs cannot show a "
            "difference at the 5 % level; the report will show points without intervals"
        )
    return said


def refuse_selected(study: Study, recipe: Recipe, sizes: Sizes) -> None:
    """Refuse a metric on the very set that something selects on: what was chosen there flatters.

    Raises
    ------
    InputError
        If the recipe, the metric itself or the design selects on the set that the metric is
        measured on.
    """
    metric, on = study.primary, study.primary.measured_on
    if on != "validation":
        return
    who = ""
    if recipe.selects_on == on:
        who = "an arm trains by what its validation loss says (early stopping, reduce-on-plateau)"
    elif metric.selects and not sizes.selection:
        who = "it is itself the best of many epochs there"
    elif study.design.selects_on and not tuned_on_others(study, recipe):
        what = study.design.selects or "arms"
        who = f"design {study.design.kind!r} chooses {what} by {study.design.selects_on} there"
    if not who:
        return
    ways = ["a test metric such as 'test_loss'"] if sizes.test else ["a split with a test set"]
    if not study.design.selects_on:
        ways.append("a share of rows to select on, split = { …, selection = 0.1 }")
    raise InputError(
        f"metric = {metric.name!r} would be judged on the set that was selected on: {who}; "
        f"take {' or '.join(ways)}"
    )
