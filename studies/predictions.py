"""Predictions: what a reader is asked before the answer is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.errors import InputError, unknown


@dataclass(frozen=True)
class Prediction:
    """A question with at least two options; the page shows its answer once one is chosen.

    No option is marked as right: the answer comes from the data.
    """

    question: str
    options: tuple[str, ...]


def prediction_from(table: Mapping[str, Any]) -> Prediction | None:
    """Return the prediction that a table describes, None for an empty one.

    Raises
    ------
    InputError
        If it is not a question with two or more options.
    """
    if not table:
        return None
    known = ("question", "options")
    messages = [f"predict: {unknown('key', key, known)}" for key in table if key not in known]
    question, options = table.get("question"), table.get("options")
    if not isinstance(question, str) or not question.strip():
        messages.append(f"predict.question = {question!r} must be text")
    texts = isinstance(options, list) and all(isinstance(o, str) and o.strip() for o in options)
    if not texts or len(set(options or ())) < max(2, len(options or ())):
        messages.append(f"predict.options = {options!r} must be two or more different texts")
    if messages:
        raise InputError(*messages)
    return Prediction(str(question).strip(), tuple(map(str, options or ())))


def prediction_table(prediction: Prediction | None) -> dict[str, Any]:
    """Return the table of a study file that stands for a prediction."""
    if prediction is None:
        return {}
    return {"question": prediction.question, "options": list(prediction.options)}
