from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import paribus
from paribus.reports.charts.figure import Figure
from paribus.reports.page.gallery import card
from paribus.reports.page.thumbnail import MOST, embedded, thumbnail
from paribus.studies.catalogue import CHAPTERS, entries
from paribus.studies.worked_examples import WORKED_EXAMPLES


@pytest.fixture(scope="module")
def made(finished, tmp_path_factory) -> tuple[Path, str]:
    folder, _ = finished
    out = tmp_path_factory.mktemp("gallery") / "all of it.html"
    done = paribus(folder, "gallery", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(out)
    return out, out.read_text(encoding="utf-8")


def test_the_gallery_names_every_entry_under_its_chapter(made):
    _, html = made
    ids = re.findall(r'<li id="([^"]+)"', html)
    assert ids == list(entries())
    headings = re.findall(r"<h2>([^<]+)</h2>", html)
    chapters = dict.fromkeys(CHAPTERS[entry.chapter] for entry in entries().values())
    assert headings[: len(chapters)] == list(chapters)


def test_what_was_run_has_its_answer_a_picture_and_a_link_and_the_rest_how_to_run_it(made):
    out, html = made
    cards = dict(re.findall(r'<li id="([^"]+)">(.*?)</li>', html, re.DOTALL))
    shown = cards.pop("vanishing-gradient")
    assert "<svg" in shown
    assert '<p class="headline">' in shown
    link = re.search(r'<h3><a href="([^"]+)">', shown)[1]
    assert (out.parent / link).resolve().name == "report.html"
    assert (out.parent / link).is_file()
    for name, text in cards.items():
        assert f"paribus run {name}</code>" in text
        assert "<svg" not in text


def test_the_gallery_is_one_file_that_asks_for_nothing(made):
    _, html = made
    assert not re.search(r'(src|href)="(https?:)?//', html)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(ids)
    assert len(html) < 400_000


def test_a_run_that_cannot_be_shown_says_why(tmp_path):
    place = tmp_path / "overfitting"
    place.mkdir()
    (place / "study.toml").write_text("question = 3\n")
    (place / "plans").mkdir()
    told = card(entries()["overfitting"], tmp_path, tmp_path, lambda _: None)
    assert isinstance(told, str)


def test_without_results_the_gallery_is_the_catalogue(tmp_path):
    done = paribus(tmp_path, "gallery")
    assert done.stdout.strip() == str(Path("results") / "gallery.html")
    assert (tmp_path / "results" / "gallery.html").is_file()


def test_a_drawing_takes_the_pages_colours():
    svg = '<svg role="img"><path id="clip0" d="M1.23456" clip-path="url(#clip0)" fill="#010204"/>'
    assert embedded(svg, "a") == (
        '<svg preserveAspectRatio="xMinYMid"><path id="a-clip0" d="M1.23" '
        'clip-path="url(#a-clip0)" fill="var(--soft)"/>'
    )


def test_a_drawing_of_very_many_marks_becomes_dots():
    import altair as alt
    import pandas as pd

    frame = pd.DataFrame({"x": range(6000), "y": [(i * 7919) % 6007 for i in range(6000)]})
    chart = alt.Chart(alt.NamedData("d")).mark_circle().encode(alt.X("x:Q"), alt.Y("y:Q"))
    figure = Figure("k", "t", "t", "c", chart.properties(width="container"), {"d": frame})
    drawing = thumbnail(figure, "k")
    assert drawing.startswith('<img alt="" src="data:image/png;base64,')
    assert len(drawing) < 2 * MOST  # where its marks are more than a million letters


def test_examples_are_written_as_one_page(tmp_path):
    done = paribus(tmp_path, "examples")
    assert done.stdout.strip() == "examples.html"
    html = (tmp_path / "examples.html").read_text(encoding="utf-8")
    assert html.count('class="graph"') == len(WORKED_EXAMPLES)
    done = paribus(tmp_path, "examples", "two-paths", "--out", "one/page.html")
    html = (tmp_path / "one" / "page.html").read_text(encoding="utf-8")
    assert html.count('class="graph"') == 1
    paribus(tmp_path, "examples", "two-path").refused("unknown worked example 'two-path'")
