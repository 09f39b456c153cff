"""Double descent without training: random ReLU features of digits and least-norm least squares."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from ...core.theory.random_features import least_norm_outputs
from ...studies.data.images import Digits
from ...studies.one_thread import one_blas_thread
from ..answers.answer import Answer
from ..charts.figure import COLOURS, Figure, quantiles
from ..language.messages import clauses, sentences, text
from ..language.numbers import number
from .curves import rule
from .exhibit import Exhibit

EXAMPLES, TESTED, SEEDS, NOISE = 200, 500, 11, 0.2
COUNTS = [10, 20, 40, 70, 100, 130, 160, 180, 190, 195, 200, 205, 210, 220, 240, 280, 350, 500, 800]
COUNTS += [1300, 2000]


def noise_words(share: float) -> str:
    """Name a share of wrong labels."""
    return text("{n} % wrong labels", n=round(100 * share)) if share else text("true labels")


def errors() -> pd.DataFrame:
    """Return the share of wrong answers by seed, ``features``, ``kind`` of labels and ``panel``.

    A seed draws the examples, the wrong labels and the features; both kinds of labels share the
    examples and the features. Training errors are against the labels that were fitted.
    """
    data = Digits().dataset(0, 0)
    x, y = data.inputs("float64"), data.y.argmax(axis=1)
    classes = np.eye(data.y.shape[1])
    rows = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(x))
        train, test = order[:EXAMPLES], order[EXAMPLES : EXAMPLES + TESTED]
        wrong = rng.permutation(EXAMPLES)[: round(NOISE * EXAMPLES)]
        noisy = y[train].copy()
        noisy[wrong] = (noisy[wrong] + rng.integers(1, len(classes), len(wrong))) % len(classes)
        labels = (y[train], noisy)
        targets = np.hstack([classes[each] for each in labels])
        outputs = least_norm_outputs(x[train], x[test], targets, COUNTS, rng)
        for count, (inside, outside) in zip(COUNTS, outputs, strict=True):
            for i, share in enumerate((0.0, NOISE)):
                columns = slice(i * len(classes), (i + 1) * len(classes))
                missed = {
                    text("test examples"): outside[:, columns].argmax(axis=1) != y[test],
                    text("training examples"): inside[:, columns].argmax(axis=1) != labels[i],
                }
                for panel, each in missed.items():
                    head = {"seed": seed, "features": count, "kind": noise_words(share)}
                    rows.append({**head, "panel": panel, "error": float(each.mean())})
    return pd.DataFrame(rows)


def exhibit() -> Exhibit:
    """Show the test error's peak where the features are as many as the examples."""
    with one_blas_thread():
        every = errors()
    rows = quantiles(every, ["panel", "kind", "features"], "error")
    tested = rows[rows["panel"] == text("test examples")]
    peaks = {k: part.loc[part["mid"].idxmax()] for k, part in inner(tested).groupby("kind")}
    clean, noisy = (peaks[noise_words(share)] for share in (0.0, NOISE))
    last = tested[tested["features"] == COUNTS[-1]].set_index("kind")["mid"]
    few = tested[tested["features"] < EXAMPLES].groupby("kind")["mid"].min()
    answer = Answer(
        text(
            "With {n} examples the test error peaks at {at} random features, at {peak} %, and "
            "falls to {end} % with {most}.",
            n=EXAMPLES,
            at=int(clean["features"]),
            peak=number(100 * float(clean["mid"])),
            end=number(100 * float(last[clean["kind"]])),
            most=number(COUNTS[-1]),
        ),
        sentences(
            text(
                "With {share} % wrong labels the peak is at {at} features, {peak} %, and the end "
                "{end} %.",
                share=round(100 * NOISE),
                at=int(noisy["features"]),
                peak=number(100 * float(noisy["mid"])),
                end=number(100 * float(last[noisy["kind"]])),
            ),
            text(
                "The least error with fewer features than examples: {few}.",
                few=clauses(
                    text("{kind} {x} %", kind=k, x=number(100 * float(few[k])))
                    for k in (clean["kind"], noisy["kind"])
                ),
            ),
            text("Medians over {n} seeds.", n=SEEDS),
        ),
        (
            (text("examples"), str(EXAMPLES)),
            (text("peak at"), text("{n} features", n=int(clean["features"]))),
            (text("seeds"), str(SEEDS)),
        ),
    )
    return Exhibit(answer, (figure(rows),))


def inner(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with at least a quarter as many features as examples, where a peak may be."""
    return rows[rows["features"] >= EXAMPLES / 4]


def figure(rows: pd.DataFrame) -> Figure:
    """Draw both errors against the number of features."""
    kinds = [noise_words(share) for share in (0.0, NOISE)]
    panels = [text("test examples"), text("training examples")]
    x = alt.X(
        "features:Q",
        title=text("number of random features"),
        scale=alt.Scale(type="log", domain=[COUNTS[0], COUNTS[-1]], nice=False),
        axis=alt.Axis(values=[10, 20, 50, 100, 200, 500, 1000, 2000], format="d"),
    )
    scale = alt.Scale(domain=[0, 1], nice=False)
    colour = alt.Color(
        "kind:N",
        title=text("labels of the training examples"),
        scale=alt.Scale(domain=kinds, range=list(COLOURS[:2])),
        legend=alt.Legend(orient="top", symbolOpacity=1, symbolType="stroke"),
    )
    percent = alt.Axis(format=".0%")
    band = (
        alt.Chart()
        .mark_area(opacity=0.18)
        .encode(x, alt.Y("lo:Q", title="", scale=scale, axis=percent), alt.Y2("hi:Q"), colour)
    )
    line = (
        alt.Chart()
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=22))
        .encode(
            x,
            alt.Y("mid:Q", title=text("wrong answers"), scale=scale, axis=percent),
            colour,
            tooltip=[
                alt.Tooltip("kind:N", title=text("labels")),
                alt.Tooltip("features:Q", title=text("features")),
                alt.Tooltip("mid:Q", title=text("wrong answers, median"), format=".1%"),
                alt.Tooltip("n:Q", title=text("seeds")),
            ],
        )
    )
    trained = rows[rows["panel"] == panels[1]]
    fits = {
        k: part.loc[part["mid"] == 0.0, "features"].min() for k, part in trained.groupby("kind")
    }
    said = [
        text("{kind} from {n} features", kind=kind, n=int(fits[kind]))
        for kind in kinds
        if np.isfinite(fits[kind])
    ]
    return Figure(
        "descent",
        text("Error against the number of features"),
        text("No training example is wrong any more: {said}.", said=clauses(said)),
        text(
            "Share of wrong answers of least-norm least squares on random ReLU features, {n} "
            "training and {tested} test images of handwritten digits; median and quartiles over "
            "{seeds} seeds. Dashed: as many features as examples.",
            n=EXAMPLES,
            tested=TESTED,
            seeds=SEEDS,
        ),
        alt.layer(rule(x=float(EXAMPLES)), band, line)
        .properties(width=390, height=300)
        .facet(
            facet=alt.Facet("panel:N", title=None, sort=panels),
            columns=2,
            data=alt.NamedData("descent"),
        ),
        {"descent": rows},
    )
