from __future__ import annotations

import html
import html.parser
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paribus.cluster.folder.run import Run
from paribus.cluster.launch.running import run_study
from paribus.core.errors import InputError
from paribus.reports.charts import CHARTS
from paribus.reports.charts.figure import log10, quantiles
from paribus.reports.page.html import data_of, json_for_html, plain_value, specs_of
from paribus.reports.page.report import page, write_report
from paribus.reports.sections.trust import checks
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.designs.grid import Grid
from paribus.studies.files.drafts import with_value
from paribus.studies.predictions import Prediction
from small import small_study

HOSTILE = "</script><img src=x onerror=alert(1)>{{7*7}}\u2028 & <b> 😀"


class Collector(html.parser.HTMLParser):
    """Collects a page's tags, and what stands in its store and links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.store = self.text = ""
        self._in_store = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.ids.add(given.get("id") or "")
        self.links += [v for k, v in attrs if k in ("href", "src")]
        self._in_store = given.get("id") == "store"

    def handle_endtag(self, tag):
        self._in_store = False

    def handle_data(self, data):
        self.text += data
        if self._in_store:
            self.store += data


@pytest.fixture(scope="module")
def text(small_run) -> str:
    return page(results_of(small_run))


def test_the_page_is_one_file_that_asks_for_nothing(text):
    found = Collector(text)
    assert found.tags.count("script") == 4
    assert "link" not in found.tags
    assert all(link.startswith("#") and link[1:] in found.ids for link in found.links)
    assert "default-src 'none'" in html.unescape(text)
    assert len(text) < 2_000_000


def test_the_policy_allows_these_scripts_and_no_others(text):
    import base64
    import hashlib

    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1])
    allowed = set(re.findall(r"'(sha256-[^']+)'", policy))
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    hashes = {
        "sha256-" + base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts
    }
    assert hashes == allowed


def test_the_question_the_answer_and_every_section_are_there(text, small_run):
    assert small_run.study.question in text
    for heading in ("Can this be trusted?", "Methods", "Trials", "In pandas", "Glossary"):
        assert f"<h2>{heading}</h2>" in text
    store = json.loads(Collector(text).store)
    assert list(store["specs"]) == ["learning-curves", "final-scores", "paired-differences"]


def test_charts_of_the_layers_are_there_where_the_metric_asks_for_them(small_run):
    asked = replace(small_run.study, metric="speed_ratio")
    html = page(replace(results_of(small_run), study=asked))
    shown = list(json.loads(Collector(html).store)["specs"])
    layers = ["layer-profile", "depth-ratio", "layer-speeds", "layer-heatmap"]
    layers.append("dead-units")  # a ReLU of so few units has some
    assert shown == [*layers, "learning-curves", "final-scores", "paired-differences"]


def test_a_study_names_its_pictures_and_their_order(small_run):
    named = replace(small_run.study, figures=("final-scores", "depth-ratio"))
    html = page(replace(results_of(small_run), study=named))
    assert list(json.loads(Collector(html).store)["specs"]) == ["final-scores", "depth-ratio"]


def walk(part, path=()):
    if isinstance(part, dict):
        for key, value in part.items():
            yield path, key, value
            yield from walk(value, (*path, key))
    elif isinstance(part, list):
        for value in part:
            yield from walk(value, path)


def test_charts_hold_no_data_no_links_and_only_named_frames(small_run):
    analysis = analyse(results_of(small_run))
    figures = [f for chart in CHARTS.values() if (f := chart(analysis)) is not None]
    assert len(figures) >= 6
    specs, data = specs_of(figures), data_of(figures)
    for path, key, value in walk(specs):
        assert key not in {"url", "href", "values"} or path[-1:] in (("axis",), ("legend",)), path
        if key == "data":
            assert set(value) == {"name"}
            assert value["name"] in data
    for figure in figures:
        assert figure.takeaway
        assert (
            "n = " in figure.caption or "n up to" in figure.caption or figure.key == "layer-heatmap"
        )


def test_every_chart_draws_its_frames(small_run):
    """Vega-Lite accepts each specification with its data and draws something."""
    import vl_convert

    analysis = analyse(results_of(small_run))
    for chart in CHARTS.values():
        figure = chart(analysis)
        if figure is None:
            continue
        spec = json.loads(json.dumps(figure.spec()).replace('"container"', "500"))
        columns = data_of([figure])
        spec["datasets"] = {
            name: [dict(zip(c, row, strict=True)) for row in zip(*c.values(), strict=True)]
            for name, c in columns.items()
        }
        svg = vl_convert.vegalite_to_svg(spec, vl_version="6.4")
        assert svg.count("<path") > 5, figure.key


def test_hostile_texts_stay_texts(tmp_path):
    run = run_study(
        small_study(question=HOSTILE, source=HOSTILE, note=HOSTILE, explanation=HOSTILE),
        tmp_path,
        workers=0,
    )
    found = Collector(write_report(run).read_text(encoding="utf-8"))
    assert found.tags.count("script") == 4
    assert "img" not in found.tags
    assert "b" not in found.tags
    assert found.text.count("{{7*7}}") >= 4


def test_a_hostile_level_stays_a_text(tmp_path):
    path = tmp_path / "<img src=x onerror=alert(1)>.csv"
    rows = "".join(f"{i % 7},{i % 5},{i % 2}\n" for i in range(200))
    path.write_text("a,b,target\n" + rows)
    table = {"kind": "table", "path": str(path)}
    recipe = with_value(with_value(small_study().recipe, "split", "random"), "batch_size", 20)
    run = run_study(
        small_study(recipe=recipe, design=Grid.of({"task": [table], "depth": [1, 2]})),
        tmp_path,
        workers=0,
    )
    text = write_report(run).read_text(encoding="utf-8")
    assert "img" not in Collector(text).tags


leaves = st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.none()


@given(st.recursive(leaves, lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=8))
def test_escaped_json_means_the_same(value):
    escaped = json_for_html(value)
    assert not set("<>&\u2028\u2029") & set(escaped)
    assert json.loads(escaped) == value


def test_numbers_that_json_cannot_hold_become_null():
    assert plain_value(float("nan")) is None
    assert plain_value(float("inf")) is None
    assert plain_value(3.0) == 3
    assert plain_value(1 / 3) == 0.33333
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_for_html(float("nan"))


def test_zeros_do_not_reach_a_log_axis():
    import pandas as pd

    found = log10(pd.Series([0.0, 10.0, -1.0, float("inf")]))
    assert found.isna().tolist() == [True, False, True, False]
    assert found[1] == 1.0
    assert plain_value(found[3]) is None  # an infinity is drawn nowhere


def test_quantiles_count_what_is_there():
    import pandas as pd

    frame = pd.DataFrame({"k": list("aaab"), "v": [1.0, 2.0, float("nan"), 5.0]})
    found = quantiles(frame, ["k"], "v").set_index("k")
    assert found.loc["a", "n"] == 2
    assert found.loc["a", "mid"] == 1.5
    assert found.loc["b", "lo"] == 5.0


def test_diverged_trials_are_counted_on_the_page(tmp_path):
    study = small_study(
        replicates=3,
        design=Grid.of({"activation": ["relu"], "optimiser.learning_rate": [0.1, 1e30]}),
    )
    run = run_study(study, tmp_path, workers=0)
    assert run.status().diverged == 3
    text = write_report(run).read_text(encoding="utf-8")
    assert "such a trial counts as worst in medians and comparisons" in text
    assert "3 of 3 replicates" in text
    assert "diverged in epoch 1" in text
    store = json.loads(Collector(text).store)
    assert sorted(store["data"]["final-scores/lost"]["mark"]) == ["", "× 3"]
    assert len(store["data"]["final-scores/scores"]["value"]) == 3
    assert "NaN" not in Collector(text).store


def test_a_study_of_one_arm_and_one_replicate_reports(tmp_path):
    run = run_study(small_study(replicates=1, design=Grid()), tmp_path, workers=0)
    text = write_report(run).read_text(encoding="utf-8")
    assert "add replicates" in text


def test_a_regression_reports(tmp_path):
    recipe = with_value(small_study().recipe, "task", "noisy-polynomial")
    recipe = with_value(with_value(recipe, "loss", "squared-error"), "split", "random")
    recipe = with_value(with_value(recipe, "batch_size", 10), "optimiser.learning_rate", 0.001)
    run = run_study(
        small_study(
            recipe=recipe, metric="validation_loss", design=Grid.of({"task.features": [2, 4]})
        ),
        tmp_path,
        workers=0,
    )
    assert run.trials["validation_accuracy"].isna().all()
    assert "validation loss" in write_report(run).read_text(encoding="utf-8")


def test_an_unfinished_run_reports_what_it_has(tmp_path, small_run):
    results = results_of(small_run)
    few = replace(results, trials=results.trials.head(7))
    assert "7 of 20 trials are finished" in page(few)


def test_a_run_without_trials_has_nothing_to_report(tmp_path):
    from paribus.cluster.folder.run_folder import RunFolder
    from paribus.cluster.folder.store import LocalStore

    RunFolder(LocalStore(tmp_path / "small")).prepare(small_study())
    with pytest.raises(InputError, match="no finished trial yet"):
        write_report(Run(tmp_path / "small"))


def test_secrets_around_do_not_reach_the_page(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "canary-5f2c")
    run = run_study(small_study(replicates=1), tmp_path / "canary-5f2c", workers=0)
    write_report(run)
    for path in run.path.rglob("*"):
        if path.is_file():
            assert b"canary-5f2c" not in path.read_bytes(), path


def test_subnormal_gradients_are_warned_of(small_run):
    results = results_of(small_run)
    titles = [check.title for check in checks(analyse(results))]
    assert "Subnormal numbers" not in titles
    layers = results.layers.assign(subnormal_share=0.0)
    layers.loc[3, "subnormal_share"] = 0.4
    warned = {c.title: c for c in checks(analyse(replace(results, layers=layers)))}
    assert warned["Subnormal numbers"].state == "note"
    assert "40 %" in warned["Subnormal numbers"].sentence


def test_a_prediction_is_asked_by_a_script_alone(small_run):
    """Without the script nothing is asked, and nothing hidden: the page shows its answer."""
    asked = Prediction("Does it rise?", ("Yes", "No & never"))
    html = page(replace(results_of(small_run), study=replace(small_run.study, predict=asked)))
    assert '<form class="predict" hidden>' in html
    assert "<legend>Does it rise?</legend>" in html
    assert '<button type="button" value="No &amp; never">No &amp; never</button>' in html
    assert '<html lang="en">' in html  # the class that hides the answer is the script's
    assert '<form class="predict"' not in page(results_of(small_run))


def test_contents_name_every_section_and_can_be_skipped(text):
    nav = re.search(r"<nav.*?</nav>", text, re.DOTALL)[0]
    named = re.findall(r'<a href="#([^"]+)">', nav)
    assert named[0] == "answer"
    assert named[1:] == re.findall(r'<section id="([^"]+)"', text)
    assert text.index('<a class="skip" href="#main">') < text.index("<nav")
