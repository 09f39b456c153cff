"""Runs with a user's function: what is trained, what is kept, and what never runs."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import paribus
import pytest
from click.testing import CliRunner
from paribus.__main__ import cli
from paribus.cluster.folder.run import open_run
from paribus.cluster.folder.run_folder import RunFolder
from paribus.cluster.folder.store import LocalStore
from paribus.cluster.launch.estimate import estimate
from paribus.cluster.launch.progress import Quiet
from paribus.cluster.launch.running import run_study
from paribus.cluster.planning import rounds
from paribus.cluster.work.perform import perform
from paribus.core.errors import InputError, ResourceError
from paribus.core.families import sources
from paribus.core.families.activations import UserFunction
from paribus.core.models.model_file import load_model
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import with_value
from paribus.studies.files.study_files import load_study
from small import ids, small_study

STUDY = """question = "Which bend?"
replicates = {replicates}

[recipe]
task = "digits"
hidden = [6, 6]
epochs = 2
batch_size = 100
split = {{ kind = "random", validation = 0.1, test = 0.1, train_examples = 200 }}
{activation}

[grid]
{grid}

[probe]
steps = "log"
examples = 50
"""
MINE = """from paribus.core.autodiff import sigmoid, tanh

with open({mark!r}, "a") as ran:
    ran.write("ran")

def f(z):
    return z * sigmoid(z)

def g(z):
    return tanh(z) - z / 2
"""
F = '{ kind = "function", path = "mine.py:f" }'
G = '{ kind = "function", path = "mine.py:g" }'


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A user's folder, with a file of functions that leaves a mark where it is executed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE.format(mark=str(tmp_path / "mark")))
    return tmp_path


def asked(folder, activation="", grid="", name="bend", replicates=2):
    """Write a study file and return its path."""
    activation = activation and f"activation = {activation}"
    path = folder / f"{name}.toml"
    path.write_text(STUDY.format(activation=activation, grid=grid, replicates=replicates))
    return str(path)


def forget(folder):
    """Do what a new process would: know no text, and take the mark away."""
    sources._TEXTS.clear()
    sources.executed.cache_clear()
    (folder / "mark").unlink(missing_ok=True)


def rows(run):
    """Return a run's trials in a fixed order, without what differs between attempts."""
    frame = run.trials.sort_values("trial_id").reset_index(drop=True)
    return frame.drop(columns=["stack_seconds", "job", "stack_trials"])


def known(run):
    """Return the ids of the trials that a run has now."""
    return set(run.trials["trial_id"])


def test_two_functions_of_a_file_are_two_arms(desk):
    grid = f"activation = [{F}, {G}]\n[baseline]\nactivation = {G}"
    study = load_study(asked(desk, grid=grid))
    assert len(ids(study)) == 4
    labels = ["activation=function(path=mine.py:f)", "activation=function(path=mine.py:g)"]
    assert [arm.label for arm in study.arms] == labels
    assert study.arms[0].recipe.structure != study.arms[1].recipe.structure
    run = run_study(study, "results", workers=0)
    losses = run.trials.groupby("arm")["validation_loss"].apply(set)
    assert losses[labels[0]].isdisjoint(losses[labels[1]])
    stored = open_run(run.path).study
    assert [arm.label for arm in stored.arms] == labels
    assert stored.baseline_arm.label == study.baseline_arm.label == labels[1]


def test_a_function_after_the_other_one_of_its_file_is_trained(desk):
    run_study(load_study(asked(desk, grid=f"activation = [{F}]")), "results", workers=0)
    study = load_study(asked(desk, grid=f"activation = [{G}]"))
    assert estimate(study, desk / "results", 1)["finished"] == 0
    run = run_study(study, "results", workers=0)
    alone = load_study(asked(desk, grid=f"activation = [{G}]", name="alone"))
    pd.testing.assert_frame_equal(rows(run), rows(run_study(alone, "results", workers=0)))


def test_the_same_function_by_two_paths_is_one_arm(desk):
    shutil.copy("mine.py", "copy.py")
    with pytest.raises(InputError, match="same recipe"):
        load_study(asked(desk, grid=f"activation = [{F}, {F.replace('mine', 'copy')}]"))


class EditAtFirstJob(Quiet):
    """Edits the user's file when the first job has ended."""

    def __init__(self, file):
        self.file = file

    def ended(self, report):
        self.file.write_text(self.file.read_text().replace("z * sigmoid(z)", "0 * z"))


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_edit_during_a_run_changes_nothing(desk, monkeypatch):
    """Thirty-two trials in jobs of their own on two workers, and the same without the edit."""
    monkeypatch.setattr(rounds, "SHORTEST_JOB", 0.0)
    grid = "depth = [1, 2, 3, 4]\nbatch_size = [50, 100]"
    text = (desk / "mine.py").read_text()
    undisturbed = run_study(load_study(asked(desk, F, grid, "a", 4)), "results", workers=0)
    study = load_study(asked(desk, F, grid, "b", 4))
    run = run_study(study, "results", workers=2, progress=EditAtFirstJob(desk / "mine.py"))
    assert (desk / "mine.py").read_text() != text
    assert len(run.plans[0].jobs) == 8
    assert len(run.trials) == 32
    assert set(run.trials["status"]) == {"ok"}
    pd.testing.assert_frame_equal(rows(run), rows(undisturbed))
    assert (run.path / f"functions/{sources.digest(text.encode())}.py").read_text() == text


def test_workers_read_no_file_of_the_user(desk):
    """A worker has the run folder alone; without the right source there it refuses."""
    run = run_study(load_study(asked(desk, F)), "results", workers=0)
    (desk / "mine.py").unlink()
    store = LocalStore(run.path)
    folder, (plan,) = RunFolder(store), run.plans
    before = store.read(f"trials/{plan.jobs[0].job_id}.parquet")
    (kept,) = store.names("functions")
    forget(desk)
    store.write(kept, store.read(kept) + b"# changed")
    for spoil in (lambda: None, lambda: store.delete(kept)):
        spoil()
        with pytest.raises(ResourceError, match="missing or damaged"):
            perform(folder, plan, plan.jobs[0], again=True)
        assert not (desk / "mark").exists()
    assert store.read(f"trials/{plan.jobs[0].job_id}.parquet") == before


def test_an_edited_file_is_another_source(desk):
    """As an axis it extends the study, as the base recipe it is another study."""
    axis, base = f'activation = ["tanh", {F}]', load_study(asked(desk, F, name="base"))
    first = known(run_study(load_study(asked(desk, grid=axis)), "results", workers=0))
    run_study(base, "results", workers=0)
    with (desk / "mine.py").open("a") as file:
        file.write("\n# changed\n")
    again = run_study(load_study(asked(desk, grid=axis)), "results", workers=0)
    assert len(known(again) & first) == 2
    assert len(again.folder.table("trials")) == 6
    assert len(list((again.path / "functions").iterdir())) == 2
    with pytest.raises(InputError, match=r"activation\.source"):
        run_study(load_study(asked(desk, F, name="base")), "results", workers=0)


def read_in_every_way(path):
    """Read a results folder as every command and attribute does."""
    run = open_run(path)
    assert run.status().complete
    assert (run.study, run.plans, len(run.epochs), len(run.layers)) is not None
    assert "2 of 2" in repr(run) + run._repr_html_()
    both = run.trials.merge(open_run(path).trials, on="trial_id")
    assert (both["validation_loss_x"] == both["validation_loss_y"]).all()
    here, name = str(Path(path).parent), Path(path).name
    study = str(Path(path) / "study.toml")
    for command in (
        ["status", name, "--results", here],
        ["trials", name, "--results", here],
        ["report", name, "--results", here],
        ["show", study],
        ["plan", study, "--results", here],
    ):
        result = CliRunner().invoke(cli, command)
        assert result.exit_code == 0, (command, result.exception)
    assert estimate(run.study, Path(here), 1)["finished"] == 2
    return run


@pytest.mark.parametrize("grid", [False, True])
def test_reading_a_results_folder_runs_no_code(desk, grid):
    """Neither the user's file nor what the folder brings, whichever of them is there."""
    study = load_study(asked(desk, *(("", f"activation = [{F}]") if grid else (F,))))
    run = run_study(study, "results", workers=0)
    elsewhere = desk / "other place"
    shutil.copytree(run.path, elsewhere / "bend")
    for change in ("none", "edited", "gone"):
        if change == "edited":
            (desk / "mine.py").write_text(MINE.format(mark=str(desk / "mark")) + "# changed")
        elif change == "gone":
            (desk / "mine.py").unlink()
        for path in (run.path, elsewhere / "bend"):
            forget(desk)
            opened = read_in_every_way(path)
            assert list(opened.trials["trial_id"]) == list(run.trials["trial_id"])
            assert not (desk / "mark").exists()


def test_code_of_a_folder_runs_only_where_it_is_asked_for(desk, monkeypatch):
    run = run_study(load_study(asked(desk, F)), desk / "results", workers=0)
    trial = run.trials["trial_id"][0]
    model = run.export(trial)
    forget(desk)
    again = open_run(run.path).export(trial)  # the user's own file has the source
    assert (model.parameters == again.parameters).all()
    (desk / "elsewhere").mkdir()
    monkeypatch.chdir(desk / "elsewhere")
    forget(desk)
    for content in (None, "def f(z):\n    return 0 * z\n"):
        if content:
            Path("mine.py").write_text(content)
        with pytest.raises(InputError, match=r"functions/\w+\.py.*read it first.*--run-code"):
            open_run(run.path).export(trial)
        assert not (desk / "mark").exists()
    command = ["export", "bend", trial, "--results", str(run.path.parent)]
    result = CliRunner().invoke(cli, command)
    assert "run_code=True" in str(result.exception)
    assert not (desk / "mark").exists()
    result = CliRunner().invoke(cli, [*command, "--run-code"])
    assert result.exit_code == 0
    (kept,) = (run.path / "functions").iterdir()
    assert f"to predict, put {kept} back" in result.output
    assert (desk / "mark").exists()
    forget(desk)
    again = open_run(run.path).export(trial, run_code=True)
    assert (model.parameters == again.parameters).all()


def test_a_file_inside_a_results_folder_is_not_the_users_own(desk):
    """A folder cannot name its own code as the user's, in a plan or in a study file."""
    run = run_study(load_study(asked(desk, F)), "results", workers=0)
    (kept,) = (run.path / "functions").iterdir()
    inside = f"results/bend/functions/{kept.name}:f"
    (desk / "mine.py").unlink()
    for file in ("study.toml", "plans/0001.json"):
        text = (run.path / file).read_text()
        (run.path / file).write_text(text.replace("mine.py:f", inside))
    forget(desk)
    with pytest.raises(InputError, match="--run-code"):
        open_run(run.path).export(run.trials["trial_id"][0])
    shutil.copy(kept, run.path / "mine.py")
    table = (run.path / "study.toml").read_text()
    lines = [x for x in table.splitlines() if not x.startswith(("source = ", 'name = "f"'))]
    for path in (inside, "mine.py:f"):
        (run.path / "study.toml").write_text("\n".join(lines).replace(inside, path))
        with pytest.raises(InputError, match="lies in the results folder"):
            run_study(load_study(str(run.path / "study.toml")), "results", workers=0)
    assert not (desk / "mark").exists()


def test_a_run_of_a_folder_executes_its_code_only_where_it_is_asked_for(desk):
    """A planned folder of someone else is gone on with, by its own study."""
    folder = RunFolder(LocalStore(desk / "results" / "bend"))
    folder.prepare(load_study(asked(desk, F)))
    (desk / "mine.py").unlink()
    forget(desk)
    for study in (open_run("results/bend").study, load_study("results/bend/study.toml")):
        with pytest.raises(InputError, match="--run-code"):
            run_study(study, "results", workers=0)
    assert not (desk / "mark").exists()
    command = ["run", "results/bend/study.toml", "--workers", "0", "--no-report"]
    assert "--run-code" in str(CliRunner().invoke(cli, command).exception)
    assert open_run("results/bend").trials.empty
    assert CliRunner().invoke(cli, [*command, "--run-code"]).exit_code == 0
    assert open_run("results/bend").status().complete


def test_a_job_left_from_before_an_edit_is_not_gone_on_with(desk):
    axis = f'activation = ["tanh", {F}]'
    folder = RunFolder(LocalStore(desk / "results" / "bend"))
    (plan,) = folder.prepare(load_study(asked(desk, grid=axis)))
    assert len(plan.jobs) == 1
    with (desk / "mine.py").open("a") as file:
        file.write("# changed\n")
    forget(desk)
    run = run_study(load_study(asked(desk, grid=axis)), "results", workers=0)
    assert run.status().complete
    assert len(run.folder.table("trials")) == 4


def test_a_study_of_another_folder_finds_its_file_there(desk, monkeypatch):
    (desk / "below").mkdir()
    (desk / "below" / "mine.py").write_text("def f(z):\n    return 2 * z\n")
    path = asked(desk / "below", F)
    assert load_study(path).recipe.activation.source == sources.digest(
        (desk / "below" / "mine.py").read_bytes()
    )
    (desk / "below" / "mine.py").unlink()  # then as seen from the current folder
    assert load_study(path).recipe.activation.source == sources.digest(
        (desk / "mine.py").read_bytes()
    )
    (desk / "mine.py").unlink()
    with pytest.raises(InputError, match=r"bend\.toml: .*below/mine\.py is no file"):
        load_study(path)


def test_a_setting_reads_the_file_that_it_names(desk):
    study = load_study(asked(desk, F), ["activation.path=mine.py:g"])
    assert study.recipe.activation.name == "g"
    stored = run_study(study, "results", workers=0).path / "study.toml"
    again = load_study(str(stored), ["activation.path=mine.py:f", "name=other"])
    assert ids(again) == ids(load_study(asked(desk, F)))
    with pytest.raises(InputError, match="cannot be varied by itself"):
        load_study(asked(desk, F), ['activation.path=["mine.py:f", "mine.py:g"]'])


def test_a_study_made_in_python_is_read_when_it_is_run(desk):
    g = {"kind": "function", "path": "mine.py:g"}
    design = Grid.of({"activation": ["relu", UserFunction("mine.py:f"), g]})
    study = small_study(design=design, replicates=1)
    with pytest.raises(InputError, match="was not read"):
        assert study.trials[-1].trial_id
    assert estimate(study, desk / "results", 1)["trials"] == 3
    run = paribus.run(study, "results", workers=0)
    assert run.status().complete
    assert run.trials["activation_name"].dropna().tolist() == ["f", "g"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def g(z):\n    return z\n", "has no function 'f'"),
        ("def f(z):\n    return 3\n", "must return a node"),
        ("raise ValueError('no\\nway')", "mine.py: ValueError: no way"),
        ("import sys\nsys.exit(3)", "mine.py: SystemExit: 3"),
        ("def f(z)\n", "mine.py: SyntaxError"),
    ],
)
def test_what_fails_is_refused_before_anything_is_written(desk, text, told):
    (desk / "mine.py").write_text(text)
    with pytest.raises(InputError, match=told):
        run_study(load_study(asked(desk, F)), "results", workers=0)
    assert not (desk / "results").exists()


def test_a_results_folder_of_before_names_were_kept(desk):
    """It is read as it is; the same study, asked again, is trained anew beside it."""
    study = load_study(asked(desk, grid=f'activation = ["tanh", {F}]'))
    function = study.arms[1].recipe.activation
    former = Grid.of({"activation": ["tanh", UserFunction(function.path, function.source)]})
    old = run_study(replace(study, design=former), "results", workers=0)
    ids_of_old, losses = known(old), sorted(old.trials["validation_loss"])
    shutil.rmtree(old.path / "functions")
    file, plan = old.path / "study.toml", old.path / "plans" / "0001.json"
    file.write_text(re.sub(r', source = "\w+", name = ""', "", file.read_text()))
    stored = json.loads(plan.read_text())
    for arm in stored["arms"]:
        if isinstance(arm["changes"].get("activation"), dict):
            arm["changes"]["activation"].pop("name", None)
    plan.write_text(json.dumps(stored))
    forget(desk)
    again = open_run(old.path)
    assert again.status().complete
    assert known(again) == ids_of_old
    new = run_study(
        load_study(asked(desk, grid=f'activation = ["tanh", {F}]')), "results", workers=0
    )
    assert len(known(new) & ids_of_old) == 2
    assert sorted(new.trials["validation_loss"]) == losses


def test_a_base_function_of_before_names_were_kept_is_trained_anew(desk):
    study = load_study(asked(desk, F))
    function = study.recipe.activation
    former = with_value(study.recipe, "activation", UserFunction(function.path, function.source))
    old = known(run_study(replace(study, recipe=former), "results", workers=0))
    new = run_study(study, "results", workers=0)
    assert new.status().complete
    assert not known(new) & old
    with pytest.raises(InputError, match="another study"):
        run_study(load_study(asked(desk, G)), "results", workers=0)


def test_a_model_file_needs_the_users_own_file(desk, monkeypatch):
    run = run_study(load_study(asked(desk, F)), "results", workers=0)
    run.export(run.trials["trial_id"][0]).save("m.npz")
    forget(desk)
    model = load_model("m.npz")
    assert not (desk / "mark").exists()
    assert len(model.predict([[0.0] * 64])) == 1
    assert (desk / "mark").exists()
    (desk / "elsewhere").mkdir()
    monkeypatch.chdir(desk / "elsewhere")
    with pytest.raises(InputError, match=r"m\.npz: .*elsewhere/mine\.py is no file"):
        load_model("../m.npz")
