"""Of which number an expectation speaks, and where it stands, in words."""

from __future__ import annotations

from ...core.measures.layers import METRICS as LAYER_MEASURES
from ...studies.expectations import Expectation
from ...studies.metrics import METRICS
from ...studies.quantities.quantities import QUANTITIES
from .messages import counted, text


def quantity_words(expected: Expectation, held_out: str) -> str:
    """Name the quantity; ``held_out`` is what the validation columns hold.

    >>> quantity_words(Expectation("c", "rms_delta", 1.0, layer=2), "test")
    'rms_delta of layer 2, at initialisation'
    >>> quantity_words(Expectation("c", "test_loss", 1.0), "test")
    'test loss'
    """
    measure = measure_words(expected, held_out)
    if expected.quantity == "value" and expected.measure in LAYER_MEASURES:
        return text("{measure}, at initialisation", measure=measure)
    if expected.quantity == "at" and expected.step is not None:
        return text("{measure}, at step {step}", measure=measure, step=expected.step)
    if expected.quantity == "mean":
        first = 1 if expected.epoch is None else expected.epoch
        return text(
            "mean of {measure} over epochs, from {first} to {last}",
            measure=measure,
            first=first,
            last=text("the last") if expected.last_epoch is None else expected.last_epoch,
        )
    if expected.quantity == "crossing":
        over = expected.axis or text("epochs")
        return text(
            "where {measure} over {axis} passes {value}",
            measure=measure,
            axis=over,
            value=f"{expected.value:g}",
        )
    value = f"{expected.value or 0:g}"
    words = QUANTITIES[expected.quantity].words
    return text(words, measure=measure, epoch=expected.epoch, value=value)


def measure_words(expected: Expectation, held_out: str) -> str:
    """Name the measure, with its layer."""
    if expected.measure in METRICS:
        return text(METRICS[expected.measure].words.replace("validation", held_out))
    if expected.measure == "diverged":
        return text("replicates that diverged")
    if expected.layer:
        return text("{measure} of layer {layer}", measure=expected.measure, layer=expected.layer)
    return expected.measure


def source_words(expected: Expectation) -> str:
    """Say where the number stands, from how many runs it comes, and whose it is."""
    if expected.judge == "range" and expected.level == "published":
        return text("band: {source}", source=text(expected.source) or text("no source given"))
    runs = text("one run") if expected.judge == "prediction" else ""
    if expected.runs:
        n = expected.runs
        runs = {
            "mean": counted("mean of {n} run", "mean of {n} runs", n),
            "median": counted("median of {n} run", "median of {n} runs", n),
            "sd": counted("sd of {n} run", "sd of {n} runs", n),
        }.get(expected.judge, counted("{n} run", "{n} runs", n))
    level = {
        "published": text("published"),
        "reference": text("reference"),
        "law": text("law, its bound set here"),
    }[expected.level]
    kind = text("{level}, {runs}", level=level, runs=runs) if runs else level
    source = text(expected.source) or text("no source given")
    return text("{kind}: {source}", kind=kind, source=source)
