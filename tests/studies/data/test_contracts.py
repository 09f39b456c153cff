"""A task, a split and preparations made up here go the whole way without another line of code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np
import pytest
from click.testing import CliRunner
from paribus.__main__ import cli
from paribus.core.components import Array, number
from paribus.core.dataset import Dataset, one_hot
from paribus.core.engine.training import Training
from paribus.core.errors import InputError
from paribus.core.families.preparation_function import PreparationFunction, Scale
from paribus.core.families.split_function import Rows, SplitFunction
from paribus.core.families.task_function import Collection, TaskFunction
from paribus.core.streams import Purpose, stream
from paribus.core.trial import Trial
from paribus.reports.language.luck import luck_words
from paribus.reports.statistics.pairing import Draw, luck_of, shared_luck
from paribus.studies.data import tasks
from paribus.studies.data.downloads import content
from paribus.studies.data.loading import examples_of, inputs_vary, sizes_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.component_table import component_table
from paribus.studies.files.drafts import recipe_from
from paribus.studies.files.fallback import missing
from paribus.studies.files.schema import FAMILIES
from paribus.studies.preparations.preparations import targets
from paribus.studies.study import Study

PAGE = b"1,2,3"


@dataclass(frozen=True)
class Ramp(TaskFunction):
    """Ramp: rows 0 … 39 of one downloaded number each; class 1 from ``border`` on.

    Source: made up.
    """

    kind: ClassVar[str] = "ramp"
    drawn: ClassVar[bool] = True
    collection: ClassVar[Collection] = Collection(
        "The Ramp", "ramp", (), {"ramp.txt": hashlib.sha256(PAGE).hexdigest()}
    )
    border: float = number(20.0, at_least=1.0)

    def dataset(self, seed: int, replicate: int) -> Dataset:
        assert content(self.collection, "ramp.txt") == PAGE
        x = np.arange(40.0)[:, None] + stream(Purpose.DATA, seed, replicate).random((40, 1))
        return Dataset(x, one_hot((x[:, 0] >= self.border).astype(int), 2), ("low", "high"))


@dataclass(frozen=True)
class Alternating(SplitFunction):
    """Alternating: every third row validates, the others train, from the replicate's first on.

    Source: made up.
    """

    kind: ClassVar[str] = "alternating"
    drawn: ClassVar[bool] = False
    folds: int = number(3, at_least=2)
    twice: bool = False

    @property
    def held_out(self) -> str:
        return "third"

    def rows(self, data: Dataset, seed: int, replicate: int, fold: int = 0) -> Rows:
        every = np.arange(len(data.raw))
        out = every % self.folds == fold
        train = every if self.twice else every[~out]
        return Rows(train, every[out], every[:0])


@dataclass(frozen=True)
class Without(PreparationFunction):
    """Without: the first ``rows`` training rows are left out. Source: made up."""

    kind: ClassVar[str] = "without"
    order: ClassVar[int] = 5
    rows: int = number(2, at_least=0)

    def select(self, data: Dataset, train: Array) -> Array:
        return train[self.rows :]


@dataclass(frozen=True)
class Swapped(PreparationFunction):
    """Swapped: one training row, drawn for every replicate, has the other class.

    Source: made up.
    """

    kind: ClassVar[str] = "swapped"
    order: ClassVar[int] = 25
    purpose: ClassVar[Purpose] = Purpose.LABEL_NOISE

    def check(self, data: Dataset, task: TaskFunction, split: SplitFunction) -> None:
        self.needs_classes(data)

    def corrupt(self, y: Array, data: Dataset, train: Array, seed: int, replicate: int) -> Array:
        row = stream(Purpose.LABEL_NOISE, seed, replicate).integers(len(y))
        y[row] = y[row, ::-1]
        return y


@dataclass(frozen=True)
class Centred(PreparationFunction):
    """Centred: x′ = (x − middle)/``width``, the middle of the training rows. Source: made up."""

    kind: ClassVar[str] = "centred"
    order: ClassVar[int] = 40
    width: float = number(10.0, above=0.0)

    def input_scale(self, data: Dataset, train: Array) -> Scale:
        return np.median(data.raw[train], axis=0), np.full(data.raw.shape[1], self.width)


@pytest.fixture(autouse=True)
def _in_the_unions(monkeypatch, tmp_path):
    monkeypatch.setattr(tasks, "Task", tasks.Task | Ramp)
    for family, new in (
        ("task", Ramp),
        ("split", Alternating),
        ("preparations", Without | Swapped | Centred),
    ):
        monkeypatch.setitem(FAMILIES, family, FAMILIES[family] | new)
    (tmp_path / "ramp.txt").write_bytes(PAGE)
    monkeypatch.setenv("PARIBUS_DATA", str(tmp_path))


TABLE = {
    "task": {"kind": "ramp", "border": 15.0},
    "split": "alternating",
    "preparations": {"without": {"rows": 4}, "swapped": {}, "centred": {}},
    "width": 3,
    "epochs": 2,
    "batch_size": 6,
}


def study(**grid: list) -> Study:
    return Study("made-up", "Does it train?", recipe_from(TABLE), Grid.of(grid), replicates=2)


def trained(trials: list[Trial]) -> Training:
    training = Training(trials, examples_of(trials))
    while not training.finished:
        training.run_epoch()
    return training


def test_they_train_from_a_study_and_a_stack_equals_its_trials_alone():
    made_up = study(**{"preparations.centred.width": [5.0, 20.0], "task.border": [10.0, 15.0]})
    assert (made_up.folds, len(made_up.trials)) == (3, 24)
    sizes = sizes_of(made_up.arms[0].recipe)
    assert (sizes.train, sizes.validation, sizes.test) == (22, 14, 0)
    trials = [trial for trial in made_up.trials if trial.fold == 0]
    together = trained(trials)
    for position, trial in enumerate(trials):
        alone = trained([trial])
        assert together.outcome(position) == alone.outcome(0)
        assert together.outcome(position).status == "ok"
        assert np.array_equal(together.parameters(position), alone.parameters(0))
    assert len({trial.trial_id for trial in made_up.trials}) == 24


def test_each_does_what_it_says_and_no_more():
    recipe = recipe_from(TABLE | {"dtype": "float64"})
    trial = Trial(recipe, tasks.fingerprint(recipe.task), 7, 1)
    examples, data = examples_of([trial]), Ramp(15.0).dataset(7, 1)
    every = np.arange(40)
    train = every[every % 3 != 0][4:]
    x = examples.x[examples.train[0]]
    assert np.array_equal(x, (data.raw[train] - np.median(data.raw[train], axis=0)) / 10.0)
    assert (examples.y[examples.train[0]] != data.y[train]).any(axis=1).sum() == 1
    assert np.array_equal(examples.y[examples.validation[0]], data.y[every % 3 == 0])
    assert np.array_equal(data.y, Ramp(15.0).dataset(7, 1).y)  # what is kept was not changed
    assert inputs_vary(recipe)
    y = targets(recipe_from(TABLE | {"preparations": {"centred": {}}}), data, train, trial.key)
    assert y is data.y


def test_they_appear_wherever_members_are_told():
    listed = CliRunner().invoke(cli, ["data", "list"]).output
    assert "ramp              here      Ramp: rows 0 … 39 of one downloaded number" in listed
    fetched = CliRunner().invoke(cli, ["data", "fetch", "ramp"])
    assert "The Ramp is here and its checksums are right" in fetched.output
    table = component_table()
    for family, kind in (("task", "ramp"), ("split", "alternating"), ("preparations", "centred")):
        assert table[family][-1].kind == kind
    assert luck_words(luck_of(study())) == (
        "What varies with the replicate: data, initial draws, batch order and label-noise."
    )
    shared = shared_luck([recipe_from(TABLE)])
    assert Draw.CORRUPTIONS in shared
    assert Draw.ORDER in shared
    fewer = recipe_from(TABLE | {"preparations": {"without": {"rows": 3}}})
    assert Draw.ORDER not in shared_luck([recipe_from(TABLE), fewer])
    assert study().recipe.split.held_out == "third"


def test_what_must_be_downloaded_is_known_without_the_network(tmp_path):
    made_up = study()
    assert missing(made_up) == []
    (tmp_path / "ramp.txt").unlink()
    assert missing(made_up) == [Ramp.collection]
    listed = CliRunner().invoke(cli, ["data", "list"]).output
    assert "ramp              to fetch" in listed


def test_two_scalings_of_the_inputs_and_rows_used_twice_are_refused():
    both = TABLE | {"preparations": {"centred": {}, "standardisation": {}}}
    with pytest.raises(InputError, match="centred and standardisation both scale the inputs"):
        sizes_of(recipe_from(both))
    twice = TABLE | {"split": {"kind": "alternating", "twice": True}}
    with pytest.raises(InputError, match="split = 'alternating' uses row 1 of the data twice"):
        sizes_of(recipe_from(twice))


def test_every_preparation_has_a_place_of_its_own():
    orders = [cls.order for cls in get_args(FAMILIES["preparations"])]
    assert len(set(orders)) == len(orders)
