"""Which sources of luck arms share within a replicate, and which vary between replicates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from ...core.components import structure
from ...core.families.regularisers import Dropout
from ...core.luck import crossed_in, fixed_in
from ...core.recipe import Recipe
from ...core.streams import Purpose
from ...studies.luck import purposes_varied
from ...studies.preparations.preparations import features
from ...studies.study import Study


class Draw(Enum):
    """A source of luck that recipes may share."""

    DATA = auto()
    SPLIT = auto()
    INITIAL = auto()
    INITIAL_OF_EQUAL_LAYERS = auto()
    ORDER = auto()
    CORRUPTIONS = auto()
    MASKS = auto()
    AUGMENTATIONS = auto()
    PRETRAINING = auto()


def shared_luck(recipes: Iterable[Recipe]) -> list[Draw]:
    """Return the draws that are the same in all of these recipes.

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
        shared.append(Draw.DATA)
    if same("task", "split"):
        shared.append(Draw.SPLIT)
    whole = same("hidden", "task") and len(inputs) == 1
    shared.append(Draw.INITIAL if whole else Draw.INITIAL_OF_EQUAL_LAYERS)
    if same("task", "split") and same_rows:
        shared.append(Draw.ORDER)
    if same("task") and any(p.corrupts for r in recipes for p in r.preparations):
        shared.append(Draw.CORRUPTIONS)
    masked = any(isinstance(part, Dropout) for r in recipes for part in r.regularisers)
    if masked and same("task", "split", "hidden", "batch_size") and same_rows:
        shared.append(Draw.MASKS)
    if any(r.augmentations for r in recipes) and same("task", "split") and same_rows:
        shared.append(Draw.AUGMENTATIONS)
    pretrained = {(structure(r.pretraining), r.hidden) for r in recipes if r.pretraining}
    if len(pretrained) == 1 and same("task", "split") and same_rows:
        shared.append(Draw.PRETRAINING)
    return shared


@dataclass(frozen=True)
class StudyLuck:
    """The purposes whose draws vary with a study's replicates, and the integers of the others.

    Those that are ``crossed`` come with the number of their levels.
    """

    varied: tuple[Purpose, ...]
    fixed: tuple[tuple[Purpose, int], ...]
    crossed: tuple[tuple[Purpose, int], ...] = ()


def luck_of(study: Study) -> StudyLuck:
    """Return which draws vary with a study's replicates and which all of them share."""
    varied = {p for arm in study.arms for p in purposes_varied(arm.recipe, study.luck)}
    purposes = {purpose.word: purpose for purpose in Purpose}
    fixed = tuple((purposes[word], value) for word, value in fixed_in(study.luck))
    crossed = tuple((purposes[word], levels) for word, levels in crossed_in(study.luck))
    return StudyLuck(tuple(sorted(varied - {p for p, _ in crossed})), fixed, crossed)
