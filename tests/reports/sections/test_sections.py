"""Sections and checks are lists of functions of one analysis, which is made once."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from markupsafe import Markup
from paribus.cluster.folder.tables import tables_of
from paribus.cluster.launch.running import run_study
from paribus.core.engine.training import Training
from paribus.reports import sections
from paribus.reports.answers.comparison import estimate_words
from paribus.reports.page.report import page, write_report
from paribus.reports.sections import figures, trust
from paribus.reports.sections.answer import answer
from paribus.reports.sections.reload import place, snippet
from paribus.reports.sections.section import Section
from paribus.reports.sections.trials import trial_table
from paribus.reports.sections.trust import Check, checks
from paribus.reports.statistics import analysis as analysis_module
from paribus.reports.statistics import trust as trust_module
from paribus.reports.statistics.analysis import Analysis, analyse
from paribus.reports.statistics.estimates import Estimate
from paribus.reports.statistics.folds import means_over_folds
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.grid import Grid
from paribus.studies.expectations import Expectation
from paribus.studies.metrics import METRICS
from small import small_study


def made_up_section(analysis: Analysis) -> Section | None:
    """Count the arms."""
    body = Markup('<section id="mine"><h2>Mine</h2><p>{}</p></section>')
    return Section("mine", "My own", body.format(len(analysis.study.arms)))


def made_up_check(analysis: Analysis) -> Check | None:
    """Ask for a baseline."""
    return Check("Made up", "note", f"{len(analysis.effects)} arms were compared <here>.")


def test_a_section_is_its_place_in_one_list(small_run, monkeypatch):
    monkeypatch.setattr(sections, "BELOW", (made_up_section, lambda _: None))
    monkeypatch.setattr(figures, "chosen", lambda _: ())
    html = page(results_of(small_run))
    assert '<section id="mine"><h2>Mine</h2><p>4</p></section>' in html
    assert '<li><a href="#mine">My own</a></li>' in html
    assert "<h2>Methods</h2>" not in html
    assert re.findall(r'<a href="#([^"]+)">', html) == ["answer", "mine", "glossary"]


def test_a_check_is_its_place_in_one_list(small_run, monkeypatch):
    monkeypatch.setattr(trust, "CHECKS", (*trust.CHECKS, made_up_check))
    analysis = analyse(results_of(small_run))
    assert checks(analysis)[-1].title == "Made up"
    assert "3 arms were compared &lt;here&gt;." in page(results_of(small_run))


def test_contents_and_anchors_follow_the_sections(small_run):
    analysis = analyse(results_of(small_run))
    made = sections.sections(analysis)
    html = page(results_of(small_run))
    links = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', html)
    assert [key for key, _ in links] == [*(section.key for section in made), "glossary"]
    for section in made:
        assert f'id="{section.key}"' in section.body
        assert section.title
        beginning = str(section.body).partition("</h")[0]  # below, terms become links
        assert beginning in html


def test_nothing_is_computed_twice(small_run, monkeypatch):
    calls: list[str] = []

    def counting(module, name):
        function = getattr(module, name)

        def counted(*arguments, **named):
            calls.append(name)
            return function(*arguments, **named)

        monkeypatch.setattr(module, name, counted)

    once = ["paired_effects", "judge", "layout_of", "trust_of", "luck_of", "held_equal"]
    for name in once:
        counting(analysis_module, name)
    counting(trust_module, "pairing")
    results = results_of(small_run)
    arm = (("activation", "tanh"), ("depth", 2))
    expected = Expectation("claim", "mean_delta_norm", 1.0, arm=arm, layer=1)
    study = replace(results.study, expectations=(expected,))
    page(replace(results, study=study))
    assert sorted(calls) == sorted([*once, "pairing"])


def test_the_analysis_holds_no_sentences(small_run):
    """What it says can be compared as values, and reads the same in every language."""
    analysis = analyse(results_of(small_run))
    assert analysis == analyse(analysis.results)
    assert analysis.ended == {"ok": 20, "diverged": 0, "stopped": 0, "failed": 0}
    assert analysis.finished == analysis.wanted == 20
    assert set(analysis.effects) == {1, 2, 3}
    assert analysis.effect is analysis.effects[analysis.results.contrast]
    mean = analysis.results.trials.groupby("arm")["validation_accuracy"].mean()
    assert {k: e.mean for k, e in analysis.estimates.items()} == pytest.approx(mean.to_dict())
    assert list(analysis.varied) == ["activation", "depth"]
    assert "hidden" not in {equal.field.name for equal in analysis.equal}


def stopped(results):
    """Return results whose first trial was withdrawn by the design."""
    trials = results.trials.copy()
    trials.loc[0, ["status", "epochs_trained"]] = ["stopped", 1]
    return replace(results, trials=trials)


def test_trials_withdrawn_by_the_design_are_counted_and_named(small_run):
    analysis = analyse(stopped(results_of(small_run)))
    (check,) = [check for check in checks(analysis) if check.title == "Stopped"]
    assert check.sentence == (
        "1 trial was withdrawn by the design before its last epoch; it has no final score and is "
        "compared with none."
    )
    assert ("stopped", "1") in answer(analysis).figures
    assert trial_table(analysis).rows[0][3] == ("stopped after epoch 1",) * 2
    none = analyse(results_of(small_run))
    assert "Stopped" not in [check.title for check in checks(none)]
    assert "stopped" not in dict(answer(none).figures)
    assert dict(answer(none).figures)["diverged"] == "0"


def test_a_withdrawn_fold_marks_its_replicate():
    tables = tables_of()
    trials = pd.DataFrame({"trial_id": list("abcd"), "arm": 0, "replicate": [0, 0, 1, 1]})
    trials["status"] = ["ok", "stopped", "stopped", "failed"]
    trials[tables["trials"].averaged] = 1.0
    means = means_over_folds({"trials": trials}, tables, 2)["trials"]
    assert means["status"].tolist() == ["stopped", "failed"]


def test_one_of_each_is_said_in_the_singular(tmp_path):
    design = Grid.of({"activation": ["relu"]})
    run = run_study(small_study(replicates=1, design=design), tmp_path, workers=0)
    html = write_report(run).read_text(encoding="utf-8")
    for words in (
        "1 of 1 trial is finished.",
        "1 training; a click",
        "1 replicate, seed 0.",
        "<dt>arm × replicate</dt><dd>1 × 1</dd>",
        "<dt>trial</dt><dd>1</dd>",
    ):
        assert words in html
    assert not re.search(r"\b1 (trials|arms|replicates|pairs|times|trainings|folds)\b", html)
    assert "[–, –]" not in html  # no brackets where there is no interval


def test_failures_are_told_in_the_singular_too(tmp_path, monkeypatch):
    monkeypatch.setattr(Training, "run_epoch", lambda self: 1 / 0)
    run = run_study(small_study(replicates=1, design=Grid()), tmp_path, workers=0)
    sentence = next(c for c in checks(analyse(results_of(run))) if c.title == "Failed").sentence
    assert sentence.startswith("1 trial failed: ")
    assert "division by zero" in sentence


@pytest.mark.parametrize(
    ("metric", "estimate", "sentence"),
    [
        ("layer_factor", (1.1, 0.9, 1.2), "the learning speed is level, ×1.10 per"),
        ("layer_factor", (1.1, 0.5, 3.0), "changes ×1.10 per hidden layer, perhaps not"),
        ("layer_factor", (4.0, 3.0, 5.0), "the learning speed falls 4-fold per hidden"),
        ("layer_factor", (0.5, 0.25, 0.8), "the learning speed grows 2-fold per hidden"),
        ("layer_factor", (4.0, float("nan"), float("nan")), "falls 4-fold per hidden layer"),
        ("speed_ratio", (9.0, 8.0, 10.0), "is 9 times smaller in the first"),
        ("test_accuracy", (0.5, 0.25, 0.75), "the test accuracy is 50 %"),
        ("best_epoch", (3.0, 2.0, 4.0), "the epoch of the lowest validation loss is 3"),
    ],
)
def test_each_metric_says_its_value(metric, estimate, sentence):
    assert sentence in estimate_words(METRICS[metric], Estimate(*estimate, n=5), 0.25)


def executed(code: str) -> dict:
    """Run the lines that a page shows, as a reader would."""
    names: dict = {}
    exec(compile(code, "snippet", "exec"), names)
    return names


@pytest.mark.parametrize("folder", ["results", "elsewhere/runs", "../beside"])
def test_the_snippet_names_the_folder_where_the_run_lies(folder, tmp_path, monkeypatch):
    """The reader starts where the study was started."""
    start = tmp_path / "start"
    start.mkdir()
    monkeypatch.chdir(start)
    run = run_study(small_study(replicates=1, metric="loss_rise"), folder, workers=0)
    code = snippet(analyse(results_of(run)))
    assert f'run = "{folder}/small"' in code
    names = executed(code)
    expected = run.trials["validation_loss"] / run.trials["best_validation_loss"]
    assert sorted(names["trials"]["loss_rise"]) == pytest.approx(sorted(expected))
    assert write_report(run).is_file()


def test_a_folder_given_whole_is_named_as_far_as_it_is_the_readers(tmp_path, monkeypatch):
    assert place(tmp_path / "small") == ("small", "   # the folder of this report")
    monkeypatch.chdir(tmp_path)
    assert place(tmp_path / "runs" / "small") == ("runs/small", "")
    assert place(Path("a") / 'odd "name"') == ('a/odd "name"', "")


def test_a_folder_with_an_odd_name_is_still_code(tmp_path, monkeypatch, small_run):
    monkeypatch.chdir(tmp_path)
    results = results_of(small_run)
    monkeypatch.setattr(small_run, "path", Path('say "hi"\\there'))
    code = snippet(analyse(results)).splitlines()
    assert executed(next(line for line in code if line.startswith("run ="))) | {}
    assert executed(code[2])["run"] == 'say "hi"\\there'
