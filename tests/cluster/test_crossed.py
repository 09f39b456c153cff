"""Crossed luck: every level of one source with every level of the others, from file to tables."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from paribus.cluster.folder.run import open_run
from paribus.cluster.launch.estimate import estimate
from paribus.cluster.launch.running import run_study
from paribus.cluster.planning.plan import plan_from
from paribus.cluster.planning.rounds import next_plan
from paribus.core.engine.architecture import Architecture
from paribus.core.engine.initial import initial_arena
from paribus.core.errors import InputError
from paribus.core.luck import Crossed
from paribus.core.streams import Purpose
from paribus.core.trial import Trial
from paribus.reports.page.report import write_report
from paribus.reports.sections.methods import luck
from paribus.reports.sections.trials import trial_table
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.data.loading import examples_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import with_value
from paribus.studies.files.study_files import load_study
from small import ids, same, small_study

CROSSED = (("split", Crossed(2)), ("initialisation", Crossed(3)))
WHOLE = (*CROSSED, ("order", Crossed(2)))


def study(luck=CROSSED, replicates=6, **changes):
    design = Grid.of({"activation": ["tanh", "relu"]})
    return small_study(**{"luck": luck, "replicates": replicates, "design": design} | changes)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_study(study(), tmp_path_factory.mktemp("crossed"), workers=0)


def test_every_combination_is_a_replicate_of_every_arm(run):
    trials = pd.read_parquet(run.path / "trials")
    assert list(trials.columns[3:6]) == ["replicate", "luck_split", "luck_initialisation"]
    assert trials[["luck_split", "luck_initialisation"]].dtypes.eq("int64").all()
    for _, arm in trials.groupby("arm"):
        cells = arm.sort_values("replicate")[["luck_split", "luck_initialisation"]]
        assert cells.to_numpy().tolist() == [[i, j] for i in range(2) for j in range(3)]


def test_a_level_keys_its_purpose_and_nothing_else():
    """Rows go with the split alone, the start with the initialisation alone, in every arm."""
    trials = study().trials
    rows = [examples_of([trial]).train.tobytes() for trial in trials]
    for purpose, seen in ((Purpose.SPLIT, rows), (Purpose.INITIALISATION, starts(trials))):
        by_level: dict = {}
        for trial, drawn in zip(trials, seen, strict=True):
            by_level.setdefault(trial.part(purpose), set()).add(drawn)
        assert {len(draws) for draws in by_level.values()} == {1}
        assert len(set.union(*by_level.values())) == len(by_level)
    assert {t.part(Purpose.ORDER) for t in trials} == set(range(6))


def starts(trials):
    arenas = (initial_arena([t], Architecture.of(t.recipe, 64, 10)) for t in trials)
    return [arena.tobytes() for arena in arenas]


def test_a_crossed_replicate_that_equals_a_plain_one_is_that_one():
    plain = ids(study(luck=(), replicates=6))
    crossed = study().trials
    equal = {t.trial_id for t in crossed} & plain
    assert equal == {t.trial_id for t in crossed if t.replicate == 0}
    assert len({t.trial_id for t in crossed}) == 12
    one = Trial(crossed[0].recipe, "d", 0, 1, crossed=(("split", 1), ("order", 1)))
    assert one.trial_id == Trial(crossed[0].recipe, "d", 0, 1).trial_id


@pytest.mark.parametrize("fold", [0, 2])
def test_a_level_takes_the_place_of_the_replicate_in_every_fold(fold):
    crossed = Trial(small_study().recipe, "d", 0, 5, fold=fold, crossed=(("order", 1),))
    plain = Trial(small_study().recipe, "d", 0, 1, fold=fold)
    assert crossed.part(Purpose.ORDER) == plain.part(Purpose.ORDER)
    assert crossed.part(Purpose.SPLIT) == 5


def test_crossed_runs_are_extended_by_repetitions(run, tmp_path):
    run_study(study(), tmp_path / "a", workers=2)
    same(run.path, tmp_path / "a" / "small")
    more = run_study(study(replicates=12), tmp_path / "a", workers=0)
    assert more.trained == 12
    assert more.trials.groupby(["arm", "luck_split", "luck_initialisation"]).size().eq(2).all()
    with pytest.raises(InputError, match=r"luck\.split\.levels: holds 2, asked 'nothing'"):
        run_study(study(luck=()), tmp_path / "a", workers=0)
    other = (("split", Crossed(3)), ("initialisation", Crossed(3)))
    with pytest.raises(InputError, match=r"luck\.split\.levels: holds 2, asked 3"):
        run_study(study(luck=other, replicates=9), tmp_path / "a", workers=0)


def test_plans_and_reports_say_the_crossing(run, tmp_path):
    estimated = estimate(study(), tmp_path, 1)
    assert estimated["crossing"] == "2 splits x 3 starts = 6 replicates"
    twice = estimate(study(replicates=12), tmp_path, 1)["crossing"]
    assert twice == "2 splits x 3 starts x 2 repetitions = 12 replicates"
    assert "crossing" not in estimate(study(luck=()), tmp_path, 1)
    again = plan_from(json.loads(next_plan(study()).to_bytes()))
    assert again.luck == CROSSED
    assert again.asked.keys() == ids(study())
    assert open_run(run.path).study.luck == CROSSED
    analysis = analyse(results_of(run))
    said = luck(analysis)
    assert "What varies with the replicate: batch order." in said
    assert "others: split (2 levels) and initial draws (3 levels)." in said
    assert "are not independent" in said
    heads = trial_table(analysis).heads
    assert heads[1:4] == ["replicate", "split", "initial draws"]
    assert write_report(run).is_file()


def test_a_crossing_of_all_luck_is_taken_apart_exactly(tmp_path):
    """Of two orders times three starts times two splits no draw is left to the replicate."""
    whole = study(luck=WHOLE, replicates=12)
    run = run_study(whole, tmp_path, workers=0)
    cells = ["arm", "luck_split", "luck_initialisation", "luck_order"]
    assert run.trials.groupby(cells).size().eq(1).all()
    assert run.trials["validation_loss"].nunique() == 24
    assert np.isfinite(run.trials["validation_loss"]).all()


@pytest.mark.parametrize(
    ("luck", "replicates", "told"),
    [
        (CROSSED, 7, r"replicates = 7 is no full crossing: luck crosses 2 splits x 3 starts = 6 "),
        (CROSSED, 3, "replicates = 3 is no full crossing"),
        (WHOLE, 24, "luck crosses all that is drawn into 12 different replicates"),
        ((("split", Crossed(3)),), 3, "luck crosses split with nothing; cross another purpose"),
        ((("masks", Crossed(3)), ("split", Crossed(2))), 6, "luck.masks: no recipe of the study"),
        ((("split", Crossed(1)),), 1, r"luck.split: levels = 1 must be a whole number ≥ 2"),
        ((("split", Crossed(2.0)),), 2, r"luck.split: levels = 2.0 must be"),
        ((("split", {"levels": True}),), 2, r"luck.split: levels = True must be"),
        (
            (("split", {"level": 3}),),
            2,
            r"luck.split = .* or, crossed with other purposes, a table",
        ),
        ((("split", "crossed"),), 2, r"luck.split = 'crossed' must be 'replicate' or a whole"),
    ],
)
def test_crossings_that_cannot_be(luck, replicates, told):
    with pytest.raises(InputError, match=told) as caught:
        study(luck=luck, replicates=replicates)
    assert len(caught.value.messages) == 1


def test_what_some_arms_draw_may_be_crossed():
    masked = small_study(
        design=Grid.of({"regularisers.dropout.p": ["none", 0.2]}),
        luck=(("masks", Crossed(2)), ("split", Crossed(2))),
        replicates=4,
    )
    assert len(masked.trials) == 8
    dropped = with_value(small_study().recipe, "regularisers.dropout.p", 0.2)
    assert small_study(recipe=dropped, luck=masked.luck, replicates=8).replicates == 8


def test_a_study_file_needs_no_count_of_replicates(tmp_path):
    path = tmp_path / "s.toml"
    text = 'question = "?"\n[luck]\nsplit = { levels = 3 }\ninitialisation = { levels = 4 }\n'
    path.write_text(text)
    study = load_study(str(path))
    assert study.replicates == 12
    assert study.luck == (("split", Crossed(3)), ("initialisation", Crossed(4)))
    assert load_study(str(path), ["replicates=24"]).replicates == 24
    assert load_study(str(path), ["luck.split=0", "replicates=8"]).replicates == 8
    for setting, told in (
        ("replicates=5", "replicates = 5 is no full crossing"),
        ("luck.split={levels=100000}", "at most 200,000 trials fit into one study"),
        ("luck.split={levels='3'}", "levels = '3' must be a whole number"),
    ):
        with pytest.raises(InputError, match=told):
            load_study(str(path), [setting])
