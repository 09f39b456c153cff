from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from paribus.cluster.launch.estimate import estimate
from paribus.cluster.planning.plan import make_plan, pack, plan_from
from paribus.core.engine.examples import stack_key
from paribus.studies.data.loading import sizes_of
from paribus.studies.designs.designs import Grid
from small import small_study


def members(plan):
    return [m for job in plan.jobs for stack in job.stacks for m in stack]


def test_every_trial_is_planned_once():
    study = small_study(replicates=37)
    plan = make_plan(study, 1)
    assert sorted(members(plan)) == [(a, k, 0) for a in range(4) for k in range(37)]
    assert plan.trial_ids == {t.trial_id for t in study.trials}
    assert len({job.job_id for job in plan.jobs}) == len(plan.jobs)


def test_stack_mates_share_their_key_and_come_by_replicate():
    plan = make_plan(small_study(replicates=20), 1)
    for job in plan.jobs:
        for stack in job.stacks:
            trials = [plan.trial(m) for m in stack]
            assert len({stack_key(t, sizes_of(t.recipe)) for t in trials}) == 1
            assert [t.replicate for t in trials] == sorted(t.replicate for t in trials)


def test_a_plan_is_the_same_each_time_and_survives_being_stored():
    study = small_study()
    plan = make_plan(study, 1)
    assert make_plan(study, 1).to_table() == plan.to_table()
    again = plan_from(json.loads(json.dumps(plan.to_table())))
    assert again.jobs == plan.jobs
    assert again.arms == plan.arms
    assert again.trial_ids == plan.trial_ids


def test_an_extension_plans_only_what_is_new():
    first = make_plan(small_study(), 1)
    more = make_plan(small_study(replicates=3), 2, first.trial_ids)
    assert {m[1] for m in members(more)} == {2}
    assert len(members(more)) == 4
    assert all(job.job_id.startswith("j-0002-") for job in more.jobs)
    wider = small_study(design=Grid.of({"activation": ["tanh", "relu"], "depth": [2, 3, 4]}))
    assert len(members(make_plan(wider, 2, first.trial_ids))) == 4
    assert make_plan(small_study(), 2, first.trial_ids).jobs == ()


def test_stacks_are_even():
    study = small_study(replicates=20, design=Grid())
    sizes = [len(s) for job in make_plan(study, 1).jobs for s in job.stacks]
    assert sum(sizes) == 20
    assert max(sizes) - min(sizes) <= 1


@given(st.lists(st.floats(0.01, 100), max_size=50), st.floats(0.5, 50))
@settings(deadline=None)
def test_packing_loses_nothing_and_fills_no_job_beyond_its_target(seconds, target):
    stacks = [(((i, 0),), s) for i, s in enumerate(seconds)]
    jobs = pack(stacks, target, 1)
    assert sorted(m for j in jobs for s in j.stacks for m in s) == [
        (i, 0) for i in range(len(seconds))
    ]
    for job in jobs:
        times = [seconds[s[0][0]] for s in job.stacks]
        assert len(times) == 1 or sum(times) <= target * (1 + 1e-9)


def test_jobs_stay_few_in_very_large_studies():
    plan = make_plan(small_study(replicates=3000, design=Grid()), 1)
    assert len(plan.jobs) <= 2000
    assert len(members(plan)) == 3000


def test_an_estimate_tells_what_is_left(tmp_path):
    found = estimate(small_study(replicates=4), tmp_path, 2)
    assert (found["trials"], found["finished"]) == (16, 0)
    assert found["jobs_left"] >= 1
    assert not list(tmp_path.iterdir())  # planning writes nothing
