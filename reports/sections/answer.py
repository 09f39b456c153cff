"""The answer in one sentence, with its interval and what it may be taken to mean."""

from __future__ import annotations

from ..answers import ANSWERS
from ..answers.answer import Answer
from ..language.messages import text
from ..statistics.analysis import Analysis
from .section import Section, made


def section(analysis: Analysis) -> Section:
    """Open the page: question, answer, key figures and explanation."""
    study = analysis.study
    return made(
        "answer",
        text("Answer"),
        "answer.html",
        question=study.question,
        answer=answer(analysis),
        judged=text("How this was judged"),
        note=study.note,
        paragraphs=[p for p in study.explanation.split("\n\n") if p],
        source=text("Source: {source}", source=study.source) if study.source else "",
    )


def answer(analysis: Analysis) -> Answer:
    """Return the answer of the kind that the study asks for."""
    return ANSWERS[analysis.study.answer.kind](analysis)
