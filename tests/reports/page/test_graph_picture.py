from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from paribus.core.autodiff import constant, topological, variable
from paribus.reports.page.graph_picture import (
    APART,
    BOX,
    Place,
    arranged,
    crossings,
    picture,
    placed,
    settle,
    short,
)
from paribus.reports.page.report import page
from paribus.reports.page.worked import examples_page, write_examples_page
from paribus.reports.sections.worked_example import example_body
from paribus.reports.statistics.frames import results_of
from paribus.studies.worked_examples import WORKED_EXAMPLES
from paribus.studies.worked_examples.diagram import diagram

SVG = "{http://www.w3.org/2000/svg}"
every = pytest.mark.parametrize("name", WORKED_EXAMPLES)


def drawn(name: str) -> ElementTree.Element:
    output = WORKED_EXAMPLES[name]().output
    return ElementTree.fromstring(
        picture(output, "k").replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    )


@every
def test_every_named_node_is_a_box_with_its_numbers(name):
    svg = drawn(name)
    boxes = diagram(WORKED_EXAMPLES[name]().output).boxes
    groups = svg.findall(f"{SVG}g")
    assert len(groups) == len(boxes)
    for group, box in zip(groups, boxes, strict=True):
        texts = {t.get("class"): t.text for t in group.findall(f"{SVG}text")}
        assert texts["operation"] == (box.formula or box.name)
        assert texts["value"].endswith(short(box.value))
        assert ("gradient" in texts) == (box.gradient is not None)
        if box.gradient is not None:
            assert texts["gradient"] == f"∂ {short(box.gradient)}"


@every
def test_nothing_overlaps_and_nothing_is_cut_off(name):
    svg = drawn(name)
    width, height = (float(svg.get(k)) for k in ("width", "height"))
    frames = []
    for group in svg.findall(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        x, y, w, h = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
        texts = group.findall(f"{SVG}text")
        half = max(w, *(6.5 * len(t.text) for t in texts)) / 2
        middle = x + w / 2
        frames.append((middle - half, y - 18, middle + half, y + h + 18))
    for i, (left, top, right, bottom) in enumerate(frames):
        assert left >= 0
        assert right <= width
        assert top >= 0
        assert bottom <= height
        for other in frames[:i]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart, name


@every
def test_lines_run_from_left_to_right_and_meet_their_boxes(name):
    svg = drawn(name)
    graph = diagram(WORKED_EXAMPLES[name]().output)
    lines = [p.get("d") for p in svg.findall(f"{SVG}path") if p.get("class") == "line"]
    assert len(lines) == len(graph.links)
    rects = [g.find(f"{SVG}rect") for g in svg.findall(f"{SVG}g")]
    for link, d in zip(graph.links, lines, strict=True):
        end = float(re.search(r"H([\d.]+)$", d)[1])
        assert end == pytest.approx(float(rects[link.target].get("x")), abs=0.11)
        start = rects[link.source]
        middle = float(start.get("x")) + float(start.get("width")) / 2
        assert float(re.match(r"M([\d.]+)", d)[1]) == pytest.approx(middle, abs=0.11)
    slopes = [t.text for t in svg.findall(f"{SVG}text")]
    assert slopes == [short(link.slope) for link in graph.links if link.slope is not None]


@every
def test_pictures_need_no_more_crossings_than_their_graphs(name):
    places, _ = placed(diagram(WORKED_EXAMPLES[name]().output))
    crossed = crossings(places, arranged(places))
    # i₁ and i₂, h₁ and h₂ and two biases feed two neurons each: K₂,₂ and K₃,₂ must cross
    fewest = {"two-two-two": 6, "weight-decay": 2}
    assert crossed <= fewest.get(name, 0)


def test_a_line_over_several_columns_passes_between_the_boxes():
    x = variable(2.0, "x")
    a = (x + 1.0).called("a")
    b = (a * 2.0).called("b")
    places, routes = placed(diagram((b * x).called("f")))
    route = next(r for r in routes if len(r) > 2)
    assert [places[i].column for i in route] == [0, 1, 2, 3]
    assert [places[i].box is None for i in route] == [False, True, True, False]
    for column in arranged(places):
        heights = [places[i].y for i in column]
        assert heights == sorted(heights)
        assert all(np.diff(heights) > BOX)


def test_heights_are_the_nearest_that_keep_boxes_apart():
    box = diagram(variable(1.0, "x") * 2.0).boxes[0]
    places = [Place(box, 0) for _ in range(3)]
    settle(places, [0, 1, 2], np.array([0.0, 10.0, 500.0]))
    heights = [place.y for place in places]
    assert heights[1] - heights[0] == pytest.approx(APART)
    assert (heights[0] + heights[1]) / 2 == pytest.approx(5.0)
    assert heights[2] == 500.0


@every
def test_a_picture_says_what_it_shows_to_those_who_do_not_see_it(name):
    svg = drawn(name)
    assert svg.get("role") == "img"
    named = svg.get("aria-labelledby").split()
    texts = {e.get("id"): e.text for e in svg.iter() if e.get("id")}
    assert set(named) == texts.keys()
    for node in topological(WORKED_EXAMPLES[name]().output):
        if node.name:
            assert node.name in "".join(texts.values())


def test_colours_come_from_the_page_so_that_dark_mode_works():
    svg = picture(WORKED_EXAMPLES["two-paths"]().output, "k")
    assert not re.search(r"(fill|stroke|style)=", svg)
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b", svg)


def test_names_are_texts_not_markup():
    x = variable(1.0, "<b>&")
    svg = picture((x * constant(2.0, '"c"')).called("</svg><script>"), "k")
    root = ElementTree.fromstring(svg)
    assert not list(root.iter("script"))
    assert not list(root.iter("b"))
    assert "&lt;/svg&gt;&lt;script&gt;" in svg


def test_numbers_are_short():
    assert short(1 / 3) == "0.3333"
    assert short(-2.5e-7) == "−2.5 × 10⁻⁷"
    assert short(np.array([0.1, -0.25])) == "[0.1 −0.25]"
    assert short(np.zeros(10)) == "10"


def test_a_section_shows_picture_numbers_and_correction():
    text = example_body(WORKED_EXAMPLES["two-paths"]())
    assert text.count("<svg") == 1
    assert text.index("<svg") < text.index("The notes print") < text.index("<table")
    assert 'id="worked"' in text
    assert '<div class="scroll"><svg' in text  # which the page lets the keyboard scroll


def test_a_page_of_all_examples_stands_alone(tmp_path):
    path = write_examples_page(tmp_path / "examples.html")
    text = path.read_text(encoding="utf-8")
    assert text == examples_page()
    assert text.count('<svg class="graph"') == len(WORKED_EXAMPLES)
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert all(link.startswith("#") for link in re.findall(r'(?:href|src)="([^"]*)', text))


@pytest.mark.parametrize("name", ["", "logistic-graph"])
def test_a_report_shows_the_example_that_its_study_names(small_run, name):
    results = results_of(small_run)
    text = page(replace(results, study=replace(results.study, worked_example=name)))
    shown = bool(name)
    assert text.count('<svg class="graph"') == shown
    assert ('id="worked"' in text) == shown
    assert ('<a href="#worked">' in text) == shown
    assert ("correct is ∂h₅/∂h₄ = 1" in text) == shown
