"""The reference study is the same study for paribus and for its peers."""

from __future__ import annotations

import reference_peers as peers
from paribus.studies.data.loading import sizes_of
from paribus.studies.files.study_files import load_study
from reference_study import ABOUT, STUDY, TRAININGS, Spent, compared


def test_study_file_and_peers_train_the_same():
    study = load_study(str(STUDY))
    assert study.name == ABOUT["workload"]
    found = [
        (arm.recipe.depth, arm.recipe.activation.kind, arm.recipe.optimiser.learning_rate)
        for arm in study.arms
    ]
    assert sorted(found) == sorted(peers.arms())
    assert study.replicates == peers.REPLICATES
    assert len(study.trials) == TRAININGS
    for arm in study.arms:
        recipe, sizes = arm.recipe, sizes_of(arm.recipe)
        assert set(recipe.hidden) == {peers.WIDTH}
        assert (recipe.batch_size, recipe.epochs) == (peers.BATCH, peers.EPOCHS)
        assert (sizes.train, sizes.validation, sizes.test) == (1437, peers.VALIDATION, 0)


def test_ratios_are_how_many_times_longer_the_peer_takes():
    ours = [Spent(4.0, 3.0, 0.9), Spent(2.0, 2.5, 0.9)]
    row = compared("slow", ours, [Spent(8.0, 5.0, 0.9)])
    assert row["ratio_best"] == 4.0
    assert row["ratio_median"] == 8 / 3
    assert row["ratio_cpu"] == 2.0
