"""The answer in one sentence, with its interval and what it may be taken to mean."""

from __future__ import annotations

from ...studies.predictions import Prediction
from ..answers import ANSWERS
from ..answers.answer import Answer
from ..language.messages import text
from ..statistics.analysis import Analysis
from .section import Section, made


def section(analysis: Analysis) -> Section:
    """Open the page of a run."""
    study = analysis.study
    asked, note = study.predict, study.note
    return opening(study.question, answer(analysis), study.explanation, study.source, note, asked)


def opening(
    question: str,
    answer: Answer,
    explanation: str,
    source: str,
    note: str = "",
    asked: Prediction | None = None,
) -> Section:
    """Open a page: question, answer, key figures and explanation.

    Where a reader is ``asked`` something first, the answer is hidden until one option is chosen.
    """
    return made(
        "answer",
        text("Answer"),
        "answer.html",
        question=text(question),
        answer=answer,
        judged=text("How this was judged"),
        note=text(note),
        paragraphs=[p for p in text(explanation).split("\n\n") if p],
        source=text("Source: {source}", source=text(source)) if source else "",
        asked=text(asked.question) if asked else "",
        options=[text(option) for option in asked.options] if asked else [],
        chosen=text("Your choice:"),
        reveal=text("Show the answer without choosing"),
    )


def answer(analysis: Analysis) -> Answer:
    """Return the answer of the kind that the study asks for."""
    return ANSWERS[analysis.study.answer.kind](analysis)
