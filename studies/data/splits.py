"""Splits: which rows train, validate and test, decided by each replicate's own stream."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.components import Array, choice, number
from ...core.dataset import Dataset
from ...core.errors import InputError
from ...core.families.split_function import Rows, SplitFunction
from ...core.streams import Purpose, stream


def prefix(rows: Array, examples: int, kind: str) -> Array:
    """Return the first ``examples`` rows, all for 0; smaller sets are prefixes of larger ones."""
    if examples > len(rows):
        raise InputError(
            f"split.{kind}.train_examples = {examples} is more than the {len(rows)} rows "
            "left for training"
        )
    return rows[:examples] if examples else rows


def selecting(share: float, total: int, held_out: int) -> int:
    """Return how many of ``held_out`` validation rows select instead, a share of all rows.

    Raises
    ------
    InputError
        If there are not as many, or the share is no whole row.
    """
    count = round(total * share)
    if count > held_out:
        raise InputError(
            f"split.selection = {share:g} of {total} rows is taken from the validation set, which "
            f"has {held_out} rows"
        )
    if share and not count:
        raise InputError(f"split.selection = {share:g} of {total} rows is no row")
    return count


@dataclass(frozen=True)
class ThreePartSplit(SplitFunction, ABC):
    """Rows in an order of every replicate's own, cut: test set, validation set, the rest trains.

    The last of the validation rows select, so that all other sets stay what they are without.
    """

    drawn: ClassVar[bool] = True
    validation: float = number(0.2, at_least=0.0, below=1.0)
    test: float = number(0.2, at_least=0.0, below=1.0)
    train_examples: int = number(0, at_least=0, words="training examples")
    selection: float = number(0.0, at_least=0.0, below=1.0, later=True)

    @abstractmethod
    def order(self, data: Dataset, seed: int, replicate: int) -> Array:
        """Return all rows in the replicate's order."""

    def rows(self, data: Dataset, seed: int, replicate: int, fold: int = 0) -> Rows:
        """Return the replicate's rows."""
        order = self.order(data, seed, replicate)
        total = len(order)
        tested, validated = round(total * self.test), round(total * self.validation)
        if tested + validated >= total:
            raise InputError(
                f"split: validation = {self.validation:g} and test = {self.test:g} of "
                f"{total} rows leave none for training"
            )
        train = prefix(order[tested + validated :], self.train_examples, self.kind)
        border = tested + validated - selecting(self.selection, total, validated)
        validation, selection = order[tested:border], order[border : tested + validated]
        return Rows(train, validation, order[:tested], selection)

    @property
    def watched(self) -> str:
        """The selection set, else the validation set, where there are any."""
        return "selection" if self.selection else "validation" if self.validation else ""


@dataclass(frozen=True)
class RandomSplit(ThreePartSplit):
    """Rows in random order: first the test set, then the validation set, the rest trains.

    ``validation`` and ``test`` are shares of all rows: both above 0 make a three-way split, test =
    0 a hold-out, both 0 trains on every row. ``train_examples`` keeps only the first so many
    training rows (0: all), so that validation and test stay the same for every size.
    ``selection``, a share of all rows too, is taken from the end of the validation set: early
    stopping, reduce-on-plateau and the best epoch look at these rows alone, and the validation
    rows that are left only judge. Training and test rows are the same with and without.
    Source: Stone 1974, J. R. Stat. Soc. B 36, on holding out; the notes.
    """

    kind: ClassVar[str] = "random"

    def order(self, data: Dataset, seed: int, replicate: int) -> Array:
        """Return the rows in random order."""
        return stream(Purpose.SPLIT, seed, replicate).permutation(len(data.raw))


@dataclass(frozen=True)
class StratifiedSplit(ThreePartSplit):
    """A random split by class: every set has the classes in the proportions of all rows.

    Of a class with n rows in random order, the j-th (from 0) stands at (j + ½)/n; all rows are
    ordered by where they stand, classes in turn where they tie, and cut as by ``random``. So any
    stretch of rows holds each class in proportion, to within a row or so, and the sizes are those
    of ``random``; smaller training sets are prefixes of larger ones, in proportion too, and
    ``selection`` is as there.
    Source: Kohavi 1995, IJCAI, on strata; the order that makes prefixes is our own.
    """

    kind: ClassVar[str] = "stratified"
    fixed_counts: ClassVar[bool] = True

    def order(self, data: Dataset, seed: int, replicate: int) -> Array:
        """Return the rows in random order, the classes evenly spread."""
        if not data.classes:
            raise InputError("split = 'stratified' needs classes, but the task predicts a number")
        shuffled = stream(Purpose.SPLIT, seed, replicate).permutation(len(data.raw))
        labels = data.labels[shuffled]
        stands = np.empty(len(labels))
        for label in range(len(data.classes)):
            places = np.flatnonzero(labels == label)
            stands[places] = (np.arange(len(places)) + 0.5) / max(len(places), 1)
        return np.asarray(shuffled[np.lexsort((labels, stands))])

    @property
    def stratified(self) -> bool:
        """True: whole sets are divided class by class."""
        return True

    def check(self, data: Dataset, rows: Rows) -> None:
        """Refuse, too, a division in which a class is missing from a set.

        Raises
        ------
        InputError
            If one is.
        """
        super().check(data, rows)
        for name, part in zip(("training", "validation", "test", "selection"), rows, strict=True):
            counts = np.bincount(data.labels[part], minlength=len(data.classes))
            if len(part) and not counts.all():
                label = int(counts.argmin())
                raise InputError(
                    f"split = 'stratified': class {data.classes[label]!r} has "
                    f"{(data.labels == label).sum()} of {len(data.raw)} rows, and none of them "
                    f"falls into the {name} set of {len(part)}; make that set larger, or 0"
                )


@dataclass(frozen=True)
class OfficialSplit(SplitFunction):
    """The published division: training rows in their published order, and the official test set.

    The last ``validation_examples`` of the published training rows validate. With ``monitor =
    "test"`` the official test set takes the validation set's place, as some published protocols
    have it, and no test set is left; the report says so. The last ``selection_examples`` of the
    validation rows are taken out of them for early stopping, reduce-on-plateau and the best epoch
    to look at. Every replicate has the same rows.
    Source: whoever published the data.
    """

    kind: ClassVar[str] = "official"
    drawn: ClassVar[bool] = False
    fixed_counts: ClassVar[bool] = True
    train_examples: int = number(0, at_least=0, words="training examples")
    validation_examples: int = number(10_000, at_least=0)
    monitor: str = choice("validation", "test")
    selection_examples: int = number(0, at_least=0, later=True)

    @property
    def held_out(self) -> str:
        """The set that ``monitor`` names."""
        return self.monitor

    @property
    def watched(self) -> str:
        """The selection set, else what stands where validation rows do, where there is any."""
        if self.selection_examples:
            return "selection"
        return "validation" if self.validation_examples or self.monitor == "test" else ""

    def rows(self, data: Dataset, seed: int, replicate: int, fold: int = 0) -> Rows:
        """Return the same rows for every replicate."""
        if data.official_test is None:
            raise InputError("split = 'official' needs a task with an official test set, as mnist")
        published, test = (
            np.arange(data.official_test),
            np.arange(data.official_test, len(data.raw)),
        )
        if self.monitor == "test":
            if self.selection_examples:
                raise InputError(
                    "split.official.selection_examples are taken from the validation rows, and "
                    "monitor = 'test' leaves none"
                )
            return Rows(prefix(published, self.train_examples, self.kind), test, test[:0])
        if self.selection_examples > self.validation_examples:
            raise InputError(
                f"split.official.selection_examples = {self.selection_examples} are taken from the "
                f"{self.validation_examples} validation rows"
            )
        if self.validation_examples >= len(published):
            raise InputError(
                f"split.official.validation_examples = {self.validation_examples} leaves none of "
                f"the {len(published)} training rows"
            )
        border = len(published) - self.validation_examples
        train = prefix(published[:border], self.train_examples, self.kind)
        end = len(published) - self.selection_examples
        return Rows(train, published[border:end], test, published[end:])


@dataclass(frozen=True)
class KFoldSplit(SplitFunction):
    """Cross-validation: each of ``folds`` trainings validates on one fold and trains on the others.

    Of n rows in random order the first round(``test`` · n) test, the same in all folds. The
    others are dealt in turn to the k folds: validation sets are disjoint, cover all rows that are
    not for testing, and differ by one row at most, the first folds being the larger. With
    ``stratified`` rows are dealt class by class, so that test set and folds hold each class in
    its share, up to one row. ``selection``, a share of all rows, is taken from every fold in turn
    when it validates: early stopping, reduce-on-plateau and the best epoch look at these rows
    alone. One replicate is one such division and k trainings: repeated
    cross-validation. The folds of a replicate share training rows and are not independent.

    Source: Stone 1974, J. R. Stat. Soc. B 36; strata: Kohavi 1995, IJCAI; that no unbiased variance
    can be had from the folds alone: Bengio & Grandvalet 2004, JMLR 5.
    """

    kind: ClassVar[str] = "k-fold"
    drawn: ClassVar[bool] = True
    folds: int = number(5, at_least=2)
    test: float = number(0.2, at_least=0.0, below=1.0)
    stratified: bool = False
    selection: float = number(0.0, at_least=0.0, below=1.0, later=True)

    @property
    def watched(self) -> str:
        """The selection set, else the fold that validates."""
        return "selection" if self.selection else "validation"

    def rows(self, data: Dataset, seed: int, replicate: int, fold: int = 0) -> Rows:
        """Return the rows of one fold of the replicate, each set in the replicate's order."""
        total = len(data.raw)
        tested = round(total * self.test)
        if self.folds > total - tested:
            raise InputError(
                f"split: folds = {self.folds:,} is more than the {total - tested:,} rows that "
                "are not for testing"
            )
        order = stream(Purpose.SPLIT, seed, replicate).permutation(total)
        dealt, testing = np.arange(total), np.arange(tested)
        if self.stratified:
            if not data.classes:
                raise InputError("split: stratified = true needs classes, but the task has none")
            dealt = np.argsort(data.y[order].argmax(axis=1), kind="stable")
            testing = testing * total // max(tested, 1)
        rest = np.delete(dealt, testing)
        folds = np.full(total, -1)
        folds[rest] = np.arange(len(rest)) % self.folds
        validating = dealt[folds[dealt] == fold]  # class by class, if stratified
        count = selecting(self.selection, total, len(rest) // self.folds)
        chosen = validating[np.arange(count) * len(validating) // max(count, 1)]
        selection = np.isin(np.arange(total), chosen)
        return Rows(
            order[(folds >= 0) & (folds != fold)],
            order[(folds == fold) & ~selection],
            order[folds < 0],
            order[selection],
        )


Split = RandomSplit | StratifiedSplit | OfficialSplit | KFoldSplit
