"""Exporting a trial of a run: its network as a model that predicts."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ...core.engine.outcome import Outcome, Status
from ...core.engine.scoring import EVALUATED_TRAINING_EXAMPLES
from ...core.engine.training import Training
from ...core.errors import InputError, ResourceError
from ...core.identity import NUMERICS_VERSION
from ...core.models.model import Model
from ...core.trial import Trial
from ...studies.data.loading import examples_of, sizes_of
from ...studies.files.drafts import recipe_table
from ...studies.files.functions import functions_of, is_own
from ...studies.models.models import model_of
from ...studies.one_thread import one_blas_thread
from ..folder import functions
from ..folder.finished import FinishedStack
from ..folder.run import Run
from ..folder.trials_table import trials_table
from ..planning.plan import Plan
from .numerics import numerics_fingerprint


class Planned(NamedTuple):
    """A trial and the label of its arm."""

    trial: Trial
    arm: str


def export(run: Run, trial_id: str, *, run_code: bool = False) -> Model:
    """Return the network of a finished trial as a model.

    A run keeps scores and no weights, so the trial is trained again, alone, which gives the same
    bits; what it then scores is compared with its row of the table, as far as that was recorded
    when the trial was made: ``about["unrecorded"]`` names the rest. ``trial_id`` may be the start
    of an id, if only one finished trial has it. Where the activation is a function that only
    the run folder holds, ``run_code`` allows to execute it; ``about["functions"]`` names its text.

    Raises
    ------
    InputError
        If no trial or several have this id, or the trial diverged or failed, or code would be
        executed that is not the user's own.
    ResourceError
        If the new training does not score what the table holds, or the data have changed.
    """
    row = finished_row(run, trial_id)
    trial, arm = planned_trial(run.plans, row["trial_id"])
    needed = functions_of([trial.recipe])
    kept = [str(run.path / functions.place_of(f)) for f in needed if not is_own(f)]
    functions.permit(run.folder.store, run.path, needed, run_code=run_code)
    sizes = sizes_of(trial.recipe, trial.fold)
    with one_blas_thread():
        training = Training([trial], examples_of([trial]))
        while not training.finished:
            training.run_epoch()
    (again,) = FinishedStack([trial], [arm], sizes, training)
    scores = {c.name: c.read(again) for c in trials_table().columns if c.repeated and c.read}
    lacking = run.lacking("trials").get(row["job"], frozenset())
    younger = lacking.intersection(scores)
    if "train_examples_scored" in lacking and sizes.train > EVALUATED_TRAINING_EXAMPLES:
        younger |= {name for name in scores if "train_" in name}  # they were of the first rows
    refuse_other_scores(row, {name: scores[name] for name in scores if name not in younger})
    about = origin(run, trial, arm, again.outcome)
    about |= {"unrecorded": sorted(younger), "functions": kept}
    return model_of(training, 0, trial, about=about)


def finished_row(run: Run, trial_id: str) -> dict[str, Any]:
    """Return the row of the one trial whose id starts like this; it must have ended well."""
    frame = run.trials
    matching = frame[frame["trial_id"].str.startswith(trial_id)]
    if matching.empty:
        raise InputError(
            f"{run.path} has no finished trial {trial_id[:100]!r}; `paribus trials {run.path}` "
            "lists them"
        )
    if len(matching) > 1:
        raise InputError(
            f"{len(matching)} trials of {run.path} start with {trial_id!r}, as "
            f"{' and '.join(matching['trial_id'].head(2))}; give more of the id"
        )
    row: dict[str, Any] = matching.iloc[0].to_dict()
    if row["status"] == Status.DIVERGED:
        raise InputError(
            f"trial {row['trial_id']} diverged in epoch {int(row['diverged_epoch'])}, so there is "
            "no trained network"
        )
    if row["status"] != Status.OK:
        raise InputError(
            f"trial {row['trial_id']} {row['status']} ({row['message']}), so there is no trained "
            "network"
        )
    return row


def planned_trial(plans: list[Plan], trial_id: str) -> Planned:
    """Return the trial of this id, which the plans hold."""
    for plan in plans:
        for job in plan.jobs:
            for stack in job.stacks:
                for member, name in zip(stack, plan.ids(stack), strict=True):
                    if name == trial_id:
                        return Planned(plan.trial(member), plan.arms[member.arm].arm.label)
    raise InputError(f"no plan holds trial {trial_id}")


def refuse_other_scores(row: dict[str, Any], scores: dict[str, Any]) -> None:
    """Refuse a training that did not end as the table says; nothing is NaN or None in both."""
    for name, score in scores.items():
        old, new = (float("nan" if value is None else value) for value in (row[name], score))
        if old != new and not (math.isnan(old) and math.isnan(new)):
            here, there = numerics_fingerprint(), row["numerics"]
            machines = f"both on {here}" if here == there else f"trained on {there}, now on {here}"
            raise ResourceError(
                f"trial {row['trial_id']}, trained again, has {name} = {new!r} where the table "
                f"holds {old!r} ({machines}); nothing is exported"
            )


def origin(run: Run, trial: Trial, arm: str, outcome: Outcome) -> dict[str, Any]:
    """Return where a model comes from, to be kept in its file."""
    return {
        "study": run.study.name,
        "question": run.study.question,
        "trial_id": trial.trial_id,
        "arm": arm,
        "seed": trial.seed,
        "replicate": trial.replicate,
        "fold": trial.fold,
        "luck": dict(trial.luck),
        "recipe": recipe_table(trial.recipe),
        "data": trial.fingerprint,
        "scores": outcome.last,
        "numerics": numerics_fingerprint(),
        "engine": NUMERICS_VERSION,
    }
