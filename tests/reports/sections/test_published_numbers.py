"""What the page says of judged numbers: each with its source, its values and its verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from paribus.reports.language.quantities import quantity_words, source_words
from paribus.reports.sections.published_numbers import digits_of, number_words, section
from paribus.reports.statistics.analysis import analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.expectations import Expectation
from paribus.studies.quantities.quantities import QUANTITIES

ARM = (("activation", "tanh"), ("depth", 2))


def test_the_page_says_source_values_and_verdict(small_run):
    results = results_of(small_run)
    base = Expectation("a claim", "train_loss", 1e9, arm=ARM, source="Table <1>")
    near = float(results.trials.loc[results.trials["arm"] == 0, "train_loss"].mean())
    several = (
        base,
        Expectation("own", "train_loss", near, arm=ARM, level="reference", source="elsewhere"),
        Expectation("one", "train_loss", near, arm=ARM, family="both"),
        Expectation("two", "train_accuracy", 1.0, arm=ARM, family="both", scale="share"),
        Expectation("band", "best_epoch", 1.0, arm=ARM, judge="range", upper=2.0),
    )
    study = replace(results.study, expectations=several)
    made = section(analyse(replace(results, study=study)))
    assert made is not None
    body = str(made.body)
    for words in (
        "4 judgements on 5 claims: 0 reproduced, ",
        "published, one run: Table &lt;1&gt;",
        "reference, one run: elsewhere",
        "both: judged together",
        "published, one run: no source given",
        "band: no source given",
        "5 of 5 values",
        "one more replicate falls in",
        "it holds, but no wrong recipe was named that must fail",
        "with a probability of at most 5 %",
    ):
        assert words in body, words
    assert body.count('"contradicted">contradicted</span>') == 2  # far loss, perfect accuracy
    assert section(analyse(results)) is None


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"published": 1.203}, "1.203"),
        ({"measure": "test_accuracy", "published": 0.8223}, "82.23 %"),
        ({"published": 1.0, "judge": "range", "upper": 1.6}, "1 to 1.6"),
        ({"published": 5.0, "judge": "median"}, "5 ± 10 %"),
        (
            {"measure": "diverged", "published": 0.95, "judge": "rate", "upper": 1.0},
            "at least 95 %",
        ),
        ({"measure": "diverged", "published": 0.0, "judge": "rate", "upper": 0.1}, "at most 10 %"),
    ],
)
def test_numbers_are_written_as_they_were_given(keys, words):
    assert number_words(Expectation(**{"claim": "c", "measure": "test_loss"} | keys)) == words
    assert digits_of(0.0) == 1


def test_every_quantity_has_words():
    rates = {"judge": "rate", "upper": 1.0}
    said = set()
    for kind, cls in QUANTITIES.items():
        more = rates if cls.yes_or_no else {}
        keys = {"value": 2.0} if "value" in cls.reads() else {}
        expected = Expectation("c", "validation_loss", 0.5, quantity=kind, **more, **keys)
        words = quantity_words(expected, "test")
        assert "test loss" in words
        said.add(words)
    assert len(said) == len(QUANTITIES)


def test_sources_name_the_runs():
    expected = Expectation("c", "test_loss", 1.0, judge="mean", runs=1, source="a book")
    assert source_words(expected) == "published, mean of 1 run: a book"
    assert source_words(replace(expected, judge="median", runs=500, level="reference")) == (
        "reference, median of 500 runs: a book"
    )
