"""Real pages in a real browser: screens, dark, paper, keyboard, and the rules of accessibility."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paribus.cluster.launch.running import run_study
from paribus.reports.page.exhibition import write_exhibit
from paribus.reports.page.gallery import write_gallery
from paribus.reports.page.report import page, write_report
from paribus.reports.page.worked import write_examples_page
from paribus.reports.statistics.frames import results_of
from paribus.studies.catalogue import entries
from paribus.studies.files.study_files import load_study
from paribus.studies.predictions import Prediction

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
EXHIBITS = [name for name, entry in entries().items() if entry.exhibit]
PAGES = ["report", "layers", "predict", "gallery", "examples", *EXHIBITS]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
OUTSIDE = """() => [...document.querySelectorAll("main *")]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, pre, svg"))
  .map(e => e.tagName + "." + e.className)"""
"""What reaches beyond the screen, but for what scrolls in a box of its own."""
SETTLED = """() => [...document.querySelectorAll("[data-chart]")]
  .every(e => e.querySelector("svg") && e.querySelector("svg path, svg rect, svg text"))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no chromium on the path")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory, small_run) -> dict[str, Path]:
    """Write each kind of page once and return the files."""
    folder = tmp_path_factory.mktemp("pages")
    settings = ["replicates=2", "epochs=2", "depth=[2, 4]"]
    vanishing = run_study(load_study("vanishing-gradient", settings), folder, workers=0)
    asked = Prediction("Does it rise?", ("Yes", "No", "Neither"))
    study = replace(small_run.study, predict=asked)
    predict = folder / "predict.html"
    predict.write_text(page(replace(results_of(small_run), study=study)), encoding="utf-8")
    exhibits = {name: write_exhibit(entries()[name], folder) for name in EXHIBITS}
    return {
        "report": write_report(small_run),
        "layers": write_report(vanishing),
        "predict": predict,
        **exhibits,
        "gallery": write_gallery(folder, folder / "gallery.html"),
        "examples": write_examples_page(folder / "examples.html"),
    }


@contextmanager
def opened(browser: Any, file: Path, width: int, *, reveal: bool = True, **more: Any) -> Any:
    """Open a page, fail on any request, message or error, and draw all of it."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **more)
    tab = context.new_page()
    heard: list[str] = []
    tab.on("console", lambda message: heard.append(message.text))
    tab.on("pageerror", lambda error: heard.append(str(error)))
    tab.on("request", lambda asked: heard.append(asked.url) if asked.url != file.as_uri() else None)
    tab.goto(file.as_uri())
    if reveal and tab.locator("form.predict:visible").count():
        tab.locator(".predict .plain").click()
    for chart in tab.locator("[data-chart]:visible").all():
        chart.scroll_into_view_if_needed()
        chart.locator("svg").first.wait_for(state="attached")
    if reveal:
        tab.wait_for_function(SETTLED)
    yield tab
    assert heard == []
    context.close()


@pytest.mark.parametrize("width", [1280, 1100, 390])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_its_screen_and_asks_for_nothing(browser, pages, name, width):
    with opened(browser, pages[name], width) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.evaluate(OUTSIDE) == []
        contents = tab.locator("nav li a").first
        assert contents.is_visible() == (width >= 1100)
        if width < 1100:
            tab.locator("nav summary").click()
            assert contents.is_visible()
            contents.click()
            assert not contents.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible(browser, pages, name, scheme):
    """No rule of WCAG 2.1 A and AA is broken, contrast in light and dark included."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for width in (1280, 390):
        with opened(browser, pages[name], width, color_scheme=scheme, bypass_csp=True) as tab:
            found = axe.run(tab, options={"runOnly": RULES}).response["violations"]
            broken = [(v["id"], n["html"][:150], n["any"][:1]) for v in found for n in v["nodes"]]
            assert broken == []


@pytest.mark.parametrize("name", ["report", "layers", "predict"])
def test_paper_shows_everything(browser, pages, name):
    with opened(browser, pages[name], 1280, reveal=False, color_scheme="dark") as tab:
        tab.pdf()  # which draws what was not on the screen
        tab.wait_for_function(SETTLED)
        tab.emulate_media(media="print")
        assert tab.locator(".answer").is_visible() == (name != "predict")
        assert not tab.locator("nav").is_visible()


def test_contents_mark_where_the_reader_is(browser, pages):
    with opened(browser, pages["report"], 1280) as tab:
        for key in ("methods", "final-scores", "answer"):
            tab.locator(f'nav a[href="#{key}"]').click()
            tab.wait_for_selector(f'nav a[href="#{key}"][aria-current="location"]')
            assert tab.locator("nav [aria-current]").count() == 1


def test_the_keyboard_reaches_everything(browser, pages):
    with opened(browser, pages["report"], 1280) as tab:
        tab.evaluate("scrollTo(0, 0)")
        reached = []
        for _ in range(400):
            tab.keyboard.press("Tab")
            reached.append(tab.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
            if reached[-1].startswith("<body"):
                break
        assert 'class="skip"' in reached[0]
        wanted = tab.evaluate(
            """() => [...document.querySelectorAll("a[href], summary, button, [tabindex='0']")]
              .filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 120))"""
        )
        assert set(wanted) <= set(reached)
        tab.evaluate("document.querySelector('.skip').focus()")
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.activeElement.id") == "main"


def test_the_answer_is_hidden_until_a_choice(browser, pages):
    with opened(browser, pages["predict"], 1280, reveal=False) as tab:
        pass
    with _unread(browser, pages["predict"]) as tab:
        assert not tab.locator(".answered").is_visible()
        assert tab.locator("main > section:visible").evaluate_all("s => s.map(e => e.id)") == [
            "glossary"
        ]
        assert tab.locator("header .text, fieldset legend").count()
        names = [b.inner_text() for b in tab.locator(".predict button:visible").all()]
        assert names == ["Yes", "No", "Neither", "Show the answer without choosing"]
        tab.keyboard.press("Tab")  # the link that skips the contents
        for _ in range(2):
            tab.keyboard.press("Tab")
        tab.keyboard.press("Enter")
        assert tab.locator(".choice").inner_text() == "Your choice: No"
        assert tab.evaluate("document.activeElement.className") == "answer"
        assert tab.locator(".answered").is_visible()
        tab.locator("[data-chart]").first.scroll_into_view_if_needed()
        tab.wait_for_selector("[data-chart] svg")
        drawn = tab.locator("[data-chart] svg").first.bounding_box()
        assert drawn["width"] > 500  # as wide as the page, though it was hidden at first


def test_without_choosing_the_question_goes(browser, pages):
    with _unread(browser, pages["predict"]) as tab:
        tab.locator(".predict .plain").click()
        assert tab.locator(".answered").is_visible()
        assert not tab.locator("form.predict").is_visible()


def test_without_a_script_everything_is_there(browser, pages):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(pages["predict"].as_uri())
    assert tab.locator(".answered").is_visible()
    assert tab.locator("#methods").is_visible()
    assert not tab.locator("form.predict").is_visible()
    context.close()


@contextmanager
def _unread(browser: Any, file: Path) -> Any:
    """Open a page as a reader first sees it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.goto(file.as_uri())
    yield tab
    context.close()
