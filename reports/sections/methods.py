"""What was held equal, what was varied, and on what arms are compared."""

from __future__ import annotations

from ...core.engine.outcome import Status
from ...core.engine.scoring import EVALUATED_TRAINING_EXAMPLES
from ...studies.metrics import METRICS
from ..language.luck import draw_words, luck_words
from ..language.messages import clauses, counted, listed, sentences, series, text
from ..language.numbers import number
from ..page.words import arm_words, axis_words, field_words, value_words
from ..statistics.analysis import Analysis, HeldEqual
from .section import Section, made


def section(analysis: Analysis) -> Section:
    """Describe the methods."""
    return made("methods", text("Methods"), "definitions.html", rows=methods(analysis))


def methods(analysis: Analysis) -> list[tuple[str, str]]:
    """Return what was done, by heading."""
    results = analysis.results
    varied = [
        text("{axis}: {levels}", axis=axis_words(path), levels=series(map(value_words, levels)))
        for path, levels in analysis.varied.items()
    ]
    rows = [
        (text("Varied"), clauses(varied) or text("nothing")),
        (text("Held equal"), clauses(map(equal_words, analysis.equal))),
        (text("Luck"), luck(analysis)),
        (text("Selection"), selection(analysis)),
        (text("Primary metric"), text(analysis.metric.words)),
        (text("Baseline"), arm_words(results.arm(results.baseline))),
        (text("Compute"), compute(analysis)),
    ]
    if any(arm.origin for arm in analysis.study.arms):
        rows.insert(1, (text("Forks"), forks(analysis)))
    if results.held_out == "test":
        protocol = text(
            "As published, the official test set takes the validation set's place: no number here "
            "is from untouched data."
        )
        rows.insert(3, (text("Protocol"), protocol))
    return rows


def equal_words(equal: HeldEqual) -> str:
    """Say what a field of the recipe holds in every arm."""
    words = {"field": text(equal.field.words), "value": field_words(equal.level, equal.field)}
    if equal.inside:
        return text("{field}: {value} apart from what is varied", **words)
    return text("{field}: {value}", **words)


def luck(analysis: Analysis) -> str:
    """Say what the replicates are and which draws arms share."""
    replicates = counted(
        "{n} replicate, seed {seed}.",
        "{n} replicates, seed {seed}.",
        analysis.study.replicates,
        seed=analysis.study.seed,
    )
    same = text(
        "In every arm a replicate has the same {draws}.",
        draws=listed(map(draw_words, analysis.shared_by_all)),
    )
    parts = [replicates, same, luck_words(analysis.luck)]
    if analysis.luck.crossed:
        parts.append(
            text(
                "Replicates that share a level are not independent; intervals of means and "
                "differences are as wide as so few levels make them."
            )
        )
    return sentences(*parts)


def forks(analysis: Analysis) -> str:
    """Say what branches share with their twin, and how many had nothing to fork from."""
    epochs = sorted({arm.origin.epoch for arm in analysis.study.arms if arm.origin})
    words = text(
        "A branch goes on from the state that the same replicate of the base recipe, its unchanged "
        "twin, has after epoch {epochs}: all weights, averages and luck until then are the same "
        "numbers, and its rows up to there are its twin's. The best epoch of a branch is sought "
        "after the fork.",
        epochs=series(map(str, epochs)),
    )
    trainings = analysis.results.trainings
    never = trainings["forked_at"].notna() & trainings["message"].notna()
    ended = int((never & (trainings["status"] != Status.FAILED)).sum())
    if not ended:
        return words
    return sentences(
        words,
        counted(
            "{n} branch ended before its fork, as its twin did.",
            "{n} branches ended before their fork, as their twins did.",
            ended,
        ),
    )


def compute(analysis: Analysis) -> str:
    """Say what the training took."""
    trainings = analysis.results.run.trials  # those of tuning are paid for as well
    return text(
        "{seconds} core-seconds of training, {updates} updates, {flops} floating-point operations.",
        seconds=number(float((trainings["stack_seconds"] / trainings["stack_trials"]).sum())),
        updates=number(float(trainings["updates"].sum())),
        flops=number(float(trainings["flops"].sum())),
    )


def selection(analysis: Analysis) -> str:
    """Say which rows arms are compared on, and how often each of them is used."""
    study = analysis.study
    decided = decided_by(analysis)
    if study.folds == 1:
        each = text("Each replicate is one training per arm.")
        return sentences(compared(analysis), decided, each, training_scores(analysis))
    split = analysis.results.arm(analysis.results.baseline).recipe.split
    folds = text(
        "{folds}-fold cross-validation: a replicate deals the rows that are not for testing into "
        "{folds} folds, the same in every arm.",
        folds=study.folds,
    )
    if split.stratified:
        folds = text(
            "{folds}-fold cross-validation: a replicate deals the rows that are not for testing "
            "class by class into {folds} folds, the same in every arm.",
            folds=study.folds,
        )
    averaged = text(
        "Each of {folds} trainings validates on one fold and trains on the others, and their "
        "scores are averaged before anything is compared. Intervals, pairs and tests count "
        "replicates (repetitions), never folds, which share training rows and are not independent. "
        "A replicate with a fold that has no score has none.",
        folds=study.folds,
    )
    return sentences(compared(analysis), decided, folds, averaged, training_scores(analysis))


def training_scores(analysis: Analysis) -> str:
    """Say of which training rows scores are, where they are not of all."""
    rows = analysis.results.trainings["train_examples_scored"]
    first = EVALUATED_TRAINING_EXAMPLES
    return sentences(
        text(
            "Training scores after the last and the best epoch are of all {n} training rows, those "
            "of learning curves of the first {first}.",
            n=number(float(rows.max())),
            first=number(float(first)),
        )
        if (rows > first).any()
        else "",
        text(
            "Some trials were made when training scores were of at most the first {first} rows.",
            first=number(float(first)),
        )
        if (rows.isna() & (analysis.results.trainings["status"] == "ok")).any()
        else "",
    )


def decided_by(analysis: Analysis) -> str:
    """Say which rows trainings looked at to decide, where the split has some for it."""
    if all(arm.recipe.split.watched != "selection" for arm in analysis.study.arms):
        return ""
    return text(
        "Early stopping, reduce-on-plateau and the best epoch look at a selection set, which is "
        "part of no other set."
    )


def compared(analysis: Analysis) -> str:
    """Say on what the primary metric compares arms, by what it needs."""
    needs, design = analysis.metric.needs, analysis.study.design
    if design.selects == "arms":
        return text(
            "The best arm is the one that is best in {score}; arms are compared on the test set, "
            "at which the {kind} never looked.",
            score=text(METRICS[design.selects_on].words),
            kind=text(design.kind),
        )
    if "test" in needs:
        return text(
            "Arms are compared on the test set, so that an arm chosen here is flattered by it."
        )
    if "layers" in needs:
        return text("Arms are compared by their gradients at initialisation.")
    if "weights" in needs:
        return text("Arms are compared by their weights at the end.")
    if "validation" in needs:
        return text("Arms are compared on the {set} set.", set=text(analysis.results.held_out))
    return text("Arms are compared on the training set.")
