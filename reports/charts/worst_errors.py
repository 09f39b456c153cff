"""The images that networks are most wrong about."""

from __future__ import annotations

import pandas as pd

from ..language.messages import clauses, sentences, text
from ..page.words import arm_words
from ..statistics.analysis import Analysis
from ..statistics.examples import answers_of
from .example_pictures import WIDTH, pictures_of
from .figure import Figure
from .small_multiples import album, head, named, together
from .trainings import measured

MOST = 8
"""Images of each arm."""


def frame(analysis: Analysis) -> pd.DataFrame:
    """Return the images with the largest mean ``loss`` over replicates, in each named ``arm``.

    Only those that most of the ``asked`` replicates have wrong; ``said`` is their most frequent
    wrong answer, ``wrong`` how many give one.
    """
    answers, pictures = answers_of(analysis.results), pictures_of(analysis)
    none = pd.DataFrame({"arm": []})
    if answers is None or pictures is None:
        return none
    arms = named(analysis)
    rows = measured(analysis, "outcomes", arms)
    set_name = "test" if answers.set == "test" and "test" in set(rows["set"]) else "validation"
    rows = rows[(rows["set"] == set_name) & rows["right"].notna()]
    rows = rows.assign(wrong=~rows["right"].astype(bool))
    parts = []
    for arm in arms:
        mine = rows[rows["arm"] == arm]
        table = mine.groupby("example").agg(
            loss=("loss", "mean"), wrong=("wrong", "sum"), asked=("wrong", "size")
        )
        worst = table[2 * table["wrong"] > table["asked"]].nlargest(MOST, "loss").reset_index()
        answer = mine[mine["wrong"]].groupby("example")["predicted"].agg(lambda p: p.mode().iloc[0])
        classes = pictures.data.classes
        parts.append(
            worst.assign(
                arm=arm,
                label=[pictures.label(e) for e in worst["example"]],
                said=[classes[int(answer[e])] for e in worst["example"]],
                uri=[pictures.uri(e) for e in worst["example"]],
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else none


def figure(analysis: Analysis) -> Figure | None:
    """Draw the images with the largest loss, with what they are and what was said."""
    rows = frame(analysis)
    if rows.empty:
        return None
    names = named(analysis)
    heads = {
        f"{arm} {example}": head(
            *([names[arm]] if len(names) > 1 else []),
            text("true {label}, said {said}", label=label, said=said),
            text("row {example}", example=example),
        )
        for arm, example, label, said in rows[["arm", "example", "label", "said"]].itertuples(
            index=False
        )
    }
    rows = rows.assign(panel=list(heads))
    pictures = pictures_of(analysis)
    aspect = pictures.aspect if pictures else 1.0
    shared = set.intersection(*(set(rows.loc[rows["arm"] == arm, "example"]) for arm in names))
    counts = clauses(
        text(
            "{n} with {arm}",
            n=int((rows["arm"] == arm).sum()),
            arm=arm_words(analysis.results.arm(arm)),
        )
        for arm in names
    )
    return Figure(
        "worst-errors",
        text("The worst errors"),
        sentences(
            text(
                "Images that most replicates have wrong, at most {most}: {counts}.",
                most=MOST,
                counts=counts,
            ),
            text("{n} of them are among the worst of both arms.", n=len(shared))
            if len(names) > 1
            else "",
        ),
        text(
            "The held-out images with the largest mean loss over the replicates that were asked "
            "about them (n up to {n}), the largest first; said: the most frequent wrong answer.",
            n=int(rows["asked"].max()),
        ),
        album(list(heads.values()), aspect, WIDTH),
        {"rows": together(heads, pictures=rows)},
    )
