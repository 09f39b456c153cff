from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from paribus.cluster.launch.estimate import estimate
from paribus.cluster.planning.plan import plan_from
from paribus.cluster.planning.present import present_jobs
from paribus.cluster.planning.rounds import next_plan, pack
from paribus.cluster.planning.runs import Member, ranges_of, runs_of
from paribus.core.engine.examples import stack_key
from paribus.studies.data.loading import sizes_of
from paribus.studies.designs.grid import Grid
from small import ids, small_study


def members(plan):
    return [m for job in plan.jobs for stack in job.stacks for m in stack]


def test_every_trial_is_planned_once():
    study = small_study(replicates=37)
    plan = next_plan(study)
    assert sorted(members(plan)) == [(a, k, 0) for a in range(4) for k in range(37)]
    assert set(plan.ids(members(plan))) == plan.asked.keys() == ids(study)
    assert len({job.job_id for job in plan.jobs}) == len(plan.jobs)


def test_stack_mates_share_their_key_and_come_by_replicate():
    plan = next_plan(small_study(replicates=20))
    for job in plan.jobs:
        for stack in job.stacks:
            trials = [plan.trial(m) for m in stack]
            assert len({stack_key(t, sizes_of(t.recipe)) for t in trials}) == 1
            assert [t.replicate for t in trials] == sorted(t.replicate for t in trials)


def test_a_plan_is_the_same_each_time_and_survives_being_stored():
    study = small_study()
    plan = next_plan(study)
    assert next_plan(study).to_bytes() == plan.to_bytes()
    again = plan_from(json.loads(plan.to_bytes()))
    assert again.jobs == plan.jobs
    assert again.arms == plan.arms
    assert [planned.arm for planned in again.arms] == list(study.arms)
    assert again.asked == plan.asked


def test_a_plan_of_format_1_is_read():
    study = small_study()
    plan = next_plan(study)
    table = {
        "format": 1,
        "numerics": 2,
        "number": 1,
        "seconds": 1.0,
        "bytes": 1,
        "study": {k: v for k, v in study.to_table().items() if k != "luck"},
        "arms": [
            {
                "levels": {level.path: level.label for level in planned.arm.levels},
                "recipe": planned.recipe,
                "fingerprint": planned.fingerprint,
            }
            for planned in plan.arms
        ],
        "jobs": [
            {"job": j.job_id, "stacks": [[m[:2] for m in s] for s in j.stacks]} for j in plan.jobs
        ],
    }
    again = plan_from(json.loads(json.dumps(table)))
    assert again.asked == plan.asked
    assert [job.stacks for job in again.jobs] == [job.stacks for job in plan.jobs]
    assert [planned.arm for planned in again.arms] == list(study.arms)


def test_an_extension_plans_only_what_is_new():
    first = next_plan(small_study())
    more = next_plan(small_study(replicates=3), [first])
    assert {m[1] for m in members(more)} == {2}
    assert len(members(more)) == 4
    assert all(job.job_id.startswith("j-0002-") for job in more.jobs)
    wider = small_study(design=Grid.of({"activation": ["tanh", "relu"], "depth": [2, 3, 4]}))
    assert len(members(next_plan(wider, [first]))) == 4
    assert next_plan(small_study(), [first]).jobs == ()


def test_what_was_never_trained_and_is_no_longer_asked_is_not_trained():
    first = next_plan(small_study(replicates=8))
    less = next_plan(small_study(replicates=3), [first])
    assert less.jobs == ()
    present = present_jobs([first, less])
    left = [name for job in present.values() for stack in job.ids() for name in stack]
    assert sorted(left) == sorted(ids(small_study(replicates=3)))
    more = next_plan(small_study(replicates=8), [first, less])
    assert more.jobs == ()  # a client that did not know less may be training them
    present = present_jobs([first, less, more])
    again = [name for job in present.values() for stack in job.ids() for name in stack]
    assert sorted(again) == sorted(ids(small_study(replicates=8)))
    done = {name: job.first.bounds() for name, job in present.items()}  # by that client
    whole = next_plan(small_study(replicates=8), [first, less], done)
    assert (whole.jobs, whole.revised) == ((), ())
    done = {name: job.job.bounds() for name, job in present_jobs([first, less]).items()}
    rest = next_plan(small_study(replicates=8), [first, less], done)
    assert set(rest.ids(members(rest))) == ids(small_study(replicates=8)) - set(left)


def test_stacks_are_even():
    study = small_study(replicates=20, design=Grid())
    sizes = [len(s) for job in next_plan(study).jobs for s in job.stacks]
    assert sum(sizes) == 20
    assert max(sizes) - min(sizes) <= 1


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 6), st.integers(0, 2))))
def test_runs_hold_the_members_in_their_order(chosen):
    ordered = [Member(arm, k, fold) for k, fold, arm in sorted((k, f, a) for a, k, f in chosen)]
    runs = runs_of(ordered)
    assert [member for run in runs for member in run.members()] == ordered


@given(st.sets(st.integers(0, 40)))
def test_ranges_hold_the_numbers(chosen):
    assert [n for r in ranges_of(sorted(chosen)) for n in r] == sorted(chosen)


def test_a_full_grid_takes_a_run_a_stack():
    plan = next_plan(small_study(replicates=200))
    assert max(len(stack) for job in plan.jobs for stack in job.runs) <= 3
    assert len(plan.to_bytes()) < 12_000


@given(st.lists(st.floats(0.01, 100), max_size=50), st.floats(0.5, 50))
@settings(deadline=None)
def test_packing_loses_nothing_and_fills_no_job_beyond_its_target(seconds, target):
    stacks = [(((i, 0),), s) for i, s in enumerate(seconds)]
    groups = pack(stacks, target)
    assert sorted(m for group in groups for s in group for m in s) == [
        (i, 0) for i in range(len(seconds))
    ]
    for group in groups:
        times = [seconds[s[0][0]] for s in group]
        assert len(times) == 1 or sum(times) <= target * (1 + 1e-9)


def test_jobs_stay_few_in_very_large_studies():
    plan = next_plan(small_study(replicates=3000, design=Grid()))
    assert len(plan.jobs) <= 2000
    assert len(members(plan)) == 3000


def test_an_estimate_tells_what_is_left(tmp_path):
    found = estimate(small_study(replicates=4), tmp_path, 2)
    assert (found["trials"], found["finished"]) == (16, 0)
    assert found["jobs_left"] >= 1
    assert not list(tmp_path.iterdir())  # planning writes nothing
