"""Which sources of luck arms share within a replicate, and which vary between replicates."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.components import structure
from ...core.families.regularisers import Dropout
from ...core.recipe import Recipe
from ...core.streams import Purpose
from ...studies.luck import purposes_varied
from ...studies.preparations.preparations import features
from ...studies.study import Study

WORDS = {
    Purpose.INITIALISATION: "initial draws",
    Purpose.ORDER: "batch order",
    Purpose.MASKS: "dropout masks",
}
"""Purposes that readers know under another word."""


def shared_luck(recipes: Iterable[Recipe]) -> list[str]:
    """Name the draws that are the same in all of these recipes.

    Initial draws are the same wherever layers have the same size and place; orders where the
    training set is the same; dropout masks where shape and batch size are the same as well.
    Corruptions draw for every row of the data, so theirs are the same wherever the data are;
    augmentations for every position in an epoch, so theirs are where the training set is; and
    pretraining for every layer and mini-batch, so its own are where these are.
    """
    recipes = list(recipes)
    selections = {tuple(p for p in r.preparations if p.selects) for r in recipes}
    inputs = {features(r) for r in recipes}
    same_rows = len(selections) == 1

    def same(*names: str) -> bool:
        return len({tuple(getattr(r, name) for name in names) for r in recipes}) == 1

    shared = []
    if same("task"):
        shared.append("data")
    if same("task", "split"):
        shared.append("split")
    whole = same("hidden", "task") and len(inputs) == 1
    shared.append("initial draws" if whole else "initial draws of equal layers")
    if same("task", "split") and same_rows:
        shared.append("batch order")
    if same("task") and any(p.corrupts for r in recipes for p in r.preparations):
        shared.append("draws of corrupted targets")
    masked = any(isinstance(part, Dropout) for r in recipes for part in r.regularisers)
    if masked and same("task", "split", "hidden", "batch_size") and same_rows:
        shared.append("dropout masks")
    if any(r.augmentations for r in recipes) and same("task", "split") and same_rows:
        shared.append("draws of augmentations")
    pretrained = {(structure(r.pretraining), r.hidden) for r in recipes if r.pretraining}
    if len(pretrained) == 1 and same("task", "split") and same_rows:
        shared.append("draws of pretraining")
    return shared


def luck_words(study: Study) -> str:
    """Say which draws vary with a study's replicates and which all of them share."""
    drawn = {p for arm in study.arms for p in purposes_varied(arm.recipe, study.luck)}
    varied = listed([WORDS.get(p, p.word) for p in sorted(drawn)])
    told = f"With the replicate vary {varied}." if varied else "Nothing varies with the replicate."
    fixed = {p: dict(study.luck)[p.word] for p in Purpose if p.word in dict(study.luck)}
    if fixed:
        whose = [f"{WORDS.get(p, p.word)} (integer {k})" for p, k in fixed.items()]
        told += f" The same in all replicates: {listed(whose)}."
    return told


def listed(words: list[str]) -> str:
    """Join words for a sentence.

    >>> listed(["data", "split", "batch order"])
    'data, split and batch order'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
