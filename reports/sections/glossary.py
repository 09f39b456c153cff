"""What the words mean."""

from __future__ import annotations

from ..language.messages import text
from ..statistics.analysis import Analysis
from .section import Section, made


def section(analysis: Analysis) -> Section:
    """Explain the words of the page."""
    return made("glossary", text("Glossary"), "definitions.html", rows=glossary(analysis))


def glossary(analysis: Analysis) -> list[tuple[str, str]]:
    """Return terms and what they mean."""
    folds = analysis.study.folds
    arm = text(
        "An arm is one recipe; a replicate is one draw of luck, the same in all arms; a trial is "
        "one arm trained with one replicate."
    )
    if folds > 1:
        arm = text(
            "An arm is one recipe; a replicate is one draw of luck, the same in all arms; a trial "
            "is one arm trained with one replicate and one of its {folds} folds; a replicate's "
            "score is the mean over its folds.",
            folds=folds,
        )
    return [
        (
            text("learning speed, ‖mean δ‖, ‖∂C/∂W‖, RMS δ"),
            text(
                "‖mean δ‖ is the length of the vector of ∂C/∂b over a layer's units, averaged over "
                "examples before the length is taken: how strongly the gradient pulls at that "
                "layer's biases. It is a gradient, not the learning rate η. ‖∂C/∂W‖ is the same of "
                "the weights, and RMS δ the error's size before anything is averaged away; the "
                "three may differ."
            ),
        ),
        (text("arm, replicate, trial"), arm),
        (
            text("paired"),
            text("Compared within a replicate, so that luck shared by both arms cancels."),
        ),
        (
            text("95 % interval"),
            text(
                "mean ± t·s/√n over replicates, on a log scale for ratios. It speaks about this "
                "data and recipe, not about others."
            ),
        ),
        (
            text("prediction interval"),
            text("mean ± t·s·√(1 + 1/n): where one more replicate would fall."),
        ),
        (
            text("diverged"),
            text(
                "A loss or parameter stopped being a finite number. That is a result; the trial "
                "has no final score."
            ),
        ),
        (
            text("epoch, step"),
            text("A step is one mini-batch; an epoch is one pass over the training set."),
        ),
    ]
