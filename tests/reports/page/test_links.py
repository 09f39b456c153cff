from __future__ import annotations

import re

import pytest
from markupsafe import Markup
from paribus.reports.language.glossary import glossary
from paribus.reports.page.links import with_glossary
from paribus.reports.page.report import page
from paribus.reports.sections.section import Section
from paribus.reports.statistics.frames import results_of

TERMS = """arm|replicate|trial|paired|95 % interval|prediction interval|diverged|epoch|step|
mini-batch|learning rate|learning speed|vanishing gradient|exploding gradient|activation|saturation|
dead unit|initialiser|Xavier|He initialisation|batch normalisation|residual connection|dropout|
weight decay|early stopping|overfitting|underfitting|generalisation gap|validation set|test set|
cross-entropy|margin|no-skill score|fan-in|momentum|Adam"""


def linked(*bodies: str) -> list[str]:
    sections = [Section(f"s{i}", "", Markup(body)) for i, body in enumerate(bodies)]
    return [str(section.body) for section in with_glossary(sections)]


@pytest.mark.parametrize("term", TERMS.replace("\n", "").split("|"))
def test_a_term_of_the_field_has_an_entry(term):
    [(start, end, entry)] = glossary().occurrences(term)
    assert (start, end) == (0, len(term))
    assert entry.meaning


def test_every_entry_is_one_of_its_own():
    entries = glossary().entries
    assert len({entry.key for entry in entries}) == len(entries)
    forms = [form.lower() for entry in entries for form in entry.forms]
    assert len(set(forms)) == len(forms)


def test_the_first_mention_in_running_text_is_a_link_and_no_other():
    first, second, listed = linked(
        '<h2>Dropout</h2><p>dropout</p><div class="text"><p>By <b>Dropout</b>: dropout.</p></div>',
        '<p class="takeaway">dropout and epochs</p>',
    )
    link = '<a class="term" href="#term-dropout">Dropout</a>'
    assert first == (
        f'<h2>Dropout</h2><p>dropout</p><div class="text"><p>By <b>{link}</b>: dropout.</p></div>'
    )
    assert second.endswith('>dropout and <a class="term" href="#term-epoch">epochs</a></p>')
    assert re.findall('id="term-([^"]+)"', listed) == ["epoch", "dropout"]


def test_of_terms_that_overlap_the_longer_counts_and_parts_of_words_are_none():
    body, listed = linked('<p class="takeaway">learning rates, prediction interval, armed</p>')
    assert re.findall('href="#term-([^"]+)"', body) == ["learning-rate", "prediction-interval"]
    assert 'id="term-arm"' not in listed


@pytest.mark.parametrize(
    "body",
    [
        '<p class="takeaway">a &lt;b&gt; &amp; &#65; "c" <br> <img src="x"/> <wbr/></p>',
        '<p class="takeaway"><a href="#x">dropout</a> <math><mi>epoch</mi></math></p>',
        "<pre>dropout</pre><svg><text>epoch</text></svg>",
        "",
    ],
)
def test_nothing_else_changes(body):
    assert linked(body) == [body]


def test_a_page_links_only_to_entries_that_it_has(small_run):
    html = page(results_of(small_run))
    links = re.findall('href="#term-([^"]+)"', html)
    assert links
    assert len(links) == len(set(links))
    assert set(links) <= set(re.findall('id="term-([^"]+)"', html))
