"""Luck taken apart where a study crosses its sources, and silence where it does not."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from paribus.core.streams import Purpose
from paribus.reports.sections import importance
from paribus.reports.sections.answer import answer
from paribus.reports.sections.luck_apart import section
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.reports.statistics.luck_apart import luck_apart
from paribus.studies.designs.grid import Grid
from paribus.studies.luck import luck_from

SPLITS, STARTS = 5, 6


@pytest.fixture(scope="module")
def results(small_run):
    return results_of(small_run)


def planted(results, by_split=0.05, by_start=0.01, rest=0.005):
    """Return made-up results of two arms whose splits and starts are crossed."""
    design = Grid.of({"activation": ["tanh", "relu"]})
    study = replace(results.study, design=design, replicates=SPLITS * STARTS)
    rng = np.random.default_rng(0)
    split, start = by_split * rng.standard_normal(SPLITS), by_start * rng.standard_normal(STARTS)
    cells = list(enumerate(itertools.product(range(SPLITS), range(STARTS))))
    rows = [
        (f"{arm}-{k}", arm, k, i, j, 0.7 + split[i] + start[j] + rest * rng.standard_normal())
        for arm in range(2)
        for k, (i, j) in cells
    ]
    names = ["trial_id", "arm", "replicate", "luck_split", "luck_initialisation", METRIC]
    columns = {n: list(values) for n, values in zip(names, zip(*rows, strict=True), strict=True)}
    made = results.trials.iloc[[0] * len(rows)].reset_index(drop=True).assign(**columns)
    made["axis:activation"] = ["tanh"] * len(cells) + ["relu"] * len(cells)
    return replace(results, study=study, trials=made)


METRIC = "validation_accuracy"


def test_the_source_that_makes_the_variance_is_named(results):
    made = luck_apart(planted(results))
    assert made.purposes == (Purpose.SPLIT, Purpose.INITIALISATION)
    assert made.levels == (SPLITS, STARTS)
    split, start, rest = made.baseline
    assert split.share > 0.7
    assert rest.variance == pytest.approx(0.005**2, rel=0.6)
    assert split.variance > start.variance
    assert made.infinite == 0


def test_what_both_arms_share_is_no_part_of_their_difference(results):
    split, start, rest = luck_apart(planted(results)).difference
    assert rest.share > 0.5
    assert split.variance < 0.005**2
    assert start.variance < 0.005**2


def test_a_crossing_with_a_hole_is_not_taken_apart(results):
    changed = planted(results)
    assert luck_apart(replace(changed, trials=changed.trials.iloc[1:])) is None
    last = replace(changed, trials=changed.trials.iloc[:-1])
    assert luck_apart(last).difference is None


def test_luck_that_varies_together_is_not_taken_apart(results):
    assert luck_apart(results) is None
    assert section(analyse(results)) is None
    body = str(importance.section(analyse(results)).body)
    assert "Luck cannot be taken apart here, as split, initial draws and batch order vary" in body
    one = planted(results).trials.assign(luck_initialisation=0)
    assert luck_apart(replace(planted(results), trials=one)) is None


def test_diverged_trials_are_ranked(results):
    changed = planted(results)
    changed.trials.loc[:2, ["status", "validation_accuracy"]] = ["diverged", np.nan]
    made = luck_apart(changed)
    assert made.infinite == 3
    body = str(section(analyse(changed)).body)
    assert "3 trials have no finite value" in body


def test_the_section_names_the_source(results):
    body = str(section(analyse(planted(results))).body)
    assert "most of the variance of the validation accuracy comes from split" in body
    assert "5 × split and 6 × initial draws" in body


def test_intervals_reckon_with_the_levels_that_replicates_share(results):
    """The difference itself moves with the split, of which there are five, not thirty."""
    alone = planted(results)
    by_split = 0.05 * np.random.default_rng(1).standard_normal(SPLITS)
    moved = by_split[alone.trials["luck_split"].astype(int)] * (alone.trials["arm"] == 1)
    alone = replace(
        alone, trials=alone.trials.assign(**{METRIC: alone.trials[METRIC] + 0.02 + moved})
    )
    luck = luck_from({"split": {"levels": SPLITS}, "initialisation": {"levels": STARTS}})
    crossed = replace(alone, study=replace(alone.study, luck=luck))
    plain, wide = analyse(alone), analyse(crossed)
    means = crossed.compared(crossed.metric).pipe(lambda t: t[1] - t[0]).to_numpy()
    spread = means.reshape(SPLITS, STARTS).mean(axis=1).std(ddof=1) / np.sqrt(SPLITS)
    assert plain.effects[1].high - plain.effects[1].low < 2 * 2.2 * spread
    assert wide.effects[1].high - wide.effects[1].low > 2 * 2.5 * spread
    for arm in range(2):
        assert wide.estimates[arm].high > plain.estimates[arm].high + 0.01
    said = "Replicates share 5 levels of split and 6 levels of initial draws"
    assert said in answer(wide).qualification
    assert "Replicates share" not in answer(plain).qualification
