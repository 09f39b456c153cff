"""The images that the contrast gets right and the baseline wrong, and the reverse."""

from __future__ import annotations

import pandas as pd

from ..language.messages import counted, sentences, text
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from ..statistics.examples import examples_of
from .example_pictures import WIDTH, pictures_of
from .figure import Figure
from .small_multiples import album, head, together


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return the images that are ``gained``, or lost, in most of the pairs ``asked``, as ``times``.

    They are those of the table of examples: of each kind the ones exchanged most often.
    """
    made, pictures = examples_of(analysis.results), pictures_of(analysis)
    if made is None or pictures is None or analysis.results.contrast is None:
        return pd.DataFrame({"example": []})
    rows = [
        {
            "example": each.example,
            "gained": each.gained > each.lost,
            "times": max(each.gained, each.lost),
            "asked": each.asked,
            "label": pictures.label(each.example),
            "uri": pictures.uri(each.example),
        }
        for each in made.most
        if 2 * max(each.gained, each.lost) > each.asked
    ]
    return pd.DataFrame(rows)


def figure(analysis: Analysis) -> Figure | None:
    """Draw the images that the contrast gains and loses against the baseline most often."""
    rows = frame(analysis)
    pictures = pictures_of(analysis)
    if rows.empty or pictures is None:
        return None
    results = analysis.results
    assert results.contrast is not None
    heads = {
        f"{example}": head(
            text("gained") if gained else text("lost"),
            text("true {label}", label=label),
            text("{times} of {asked} pairs", times=times, asked=asked),
            text("row {example}", example=example),
        )
        for example, gained, label, times, asked in rows[
            ["example", "gained", "label", "times", "asked"]
        ].itertuples(index=False)
    }
    names = {"baseline": arm_words(results.arm(results.baseline))}
    names["contrast"] = arm_words(results.arm(results.contrast))
    gained = int(rows["gained"].sum())
    return Figure(
        "gained-and-lost",
        text("Images gained and lost"),
        sentences(
            counted(
                "{n} image drawn is right with {contrast} and wrong with {baseline} in most pairs;",
                "{n} images drawn are right with {contrast} and wrong with {baseline} in most "
                "pairs;",
                gained,
                **names,
            ),
            counted("{n} is the reverse.", "{n} are the reverse.", len(rows) - gained),
        ),
        text(
            "Of the held-out images those exchanged most often, the extremes of all, some of them "
            "by luck; a pair is a replicate of both arms (n up to {n} for an image).",
            n=int(rows["asked"].max()),
        ),
        album(list(heads.values()), pictures.aspect, WIDTH),
        {"rows": together(heads, pictures=rows.assign(panel=list(heads)))},
    )
