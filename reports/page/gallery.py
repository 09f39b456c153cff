"""The gallery: every entry of the catalogue, with headline and first picture where it was run."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from ...cluster.folder.names import is_run
from ...cluster.folder.run import open_run
from ...core.errors import InputError, ResourceError
from ...studies.catalogue import CHAPTERS, Entry, entries
from ..charts.figure import Figure
from ..exhibits import EXHIBITS
from ..language.messages import SOURCE, speaking, text
from ..sections.answer import answer
from ..sections.figures import figures
from ..sections.section import Section, made
from ..statistics.analysis import analyse
from ..statistics.frames import results_of
from .html import html_of, write_page
from .report import refuse_nothing
from .thumbnail import thumbnail


@dataclass(frozen=True)
class Shown:
    """What a gallery shows of an entry: its answer, first picture, and the way to its page.

    ``asked`` says that the page asks for a prediction first, so that the answer is folded here.
    """

    sentence: str
    picture: Markup
    link: str
    asked: bool = False


def write_gallery(
    results: Path,
    out: Path,
    language: str = SOURCE,
    progress: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write a page of all entries, with what is in the folder of results, and return its path.

    ``progress`` is told the name of each entry that is drawn.

    Raises
    ------
    InputError
        If the reports do not speak the language.
    """
    with speaking(language):
        html = gallery_page(results, out.parent, progress)
    return write_page(out, html)


def gallery_page(results: Path, folder: Path, progress: Callable[[str], None]) -> str:
    """Return the gallery as a page that lies in ``folder``, in the language that is spoken."""
    title = text("Gallery")
    lead = text("What the catalogue asks, chapter by chapter, and what the runs here answer.")
    sections = [made("top", title, "heading.html", lead=lead)]
    for chapter, name in CHAPTERS.items():
        members = [entry for entry in entries().values() if entry.chapter == chapter]
        if members:
            cards = [(entry, card(entry, results, folder, progress)) for entry in members]
            sections.append(chapter_section(chapter, text(name), cards))
    return html_of(title, sections)


def chapter_section(key: str, title: str, cards: list[tuple[Entry, Shown | str]]) -> Section:
    """Return the section of one chapter."""
    return made(
        key,
        title,
        "gallery.html",
        cards=[
            {
                "name": entry.name,
                "command": " ".join(("paribus", "run", entry.name)),
                "question": text(entry.question),
                "shown": shown if isinstance(shown, Shown) else None,
                "reason": shown if isinstance(shown, str) else "",
            }
            for entry, shown in cards
        ],
        report=text("Report"),
        folded=text("The answer"),
        run=text("Run it:"),
    )


def card(entry: Entry, results: Path, folder: Path, progress: Callable[[str], None]) -> Shown | str:
    """Return what is shown of an entry, or why there is nothing, empty where it was never run."""
    place = results / entry.name
    report = place / "report.html"
    if not (report.is_file() if entry.exhibit else is_run(place)):
        return ""
    progress(entry.name)
    try:
        sentence, first, asked = of_exhibit(entry) if entry.exhibit else of_run(place)
    except (InputError, ResourceError) as error:
        return str(error)
    picture = thumbnail(first, entry.name) if first is not None else Markup("")
    link = quote(Path(os.path.relpath(report, folder)).as_posix()) if report.is_file() else ""
    return Shown(sentence, picture, link, asked)


def of_exhibit(entry: Entry) -> tuple[str, Figure | None, bool]:
    """Return the answer and the first picture of an exhibit."""
    exhibit = EXHIBITS[entry.exhibit]()
    return exhibit.answer.sentence, next(iter(exhibit.figures), None), False


def of_run(place: Path) -> tuple[str, Figure | None, bool]:
    """Return the answer and the first picture of a run, and whether its page asks first."""
    run = open_run(place)
    refuse_nothing(run)
    analysis = analyse(results_of(run))
    return answer(analysis).sentence, next(figures(analysis), None), bool(run.study.predict)
