"""What mattered: how much of the metric's variance each axis explains."""

from __future__ import annotations

import math

from ...core.inference.importance import Share
from ..language.luck import purpose_words
from ..language.messages import counted, listed, sentences, text
from ..language.numbers import number
from ..page.words import axis_words
from ..statistics.analysis import Analysis
from ..statistics.importance import Importance, importance_of
from ..statistics.luck_apart import PREFIX
from .section import Section
from .tables import TextTable, tabled

MOST_ROWS = 10
ENOUGH_FIT = 0.3
"""The out-of-bag R² below which importances mean little; on noise it hardly exceeds 0.2."""


def section(analysis: Analysis) -> Section | None:
    """List axes and pairs of axes by their share, where there are two axes or more."""
    importance = importance_of(analysis.results)
    if importance is None:
        return None
    first, left = importance.effects[:MOST_ROWS], importance.effects[MOST_ROWS:]
    rows = [(effect_words(paths), share) for paths, share in first]
    if importance.higher is not None:
        rows.append((text("interactions of three and more"), importance.higher))
    if importance.luck is not None:
        rows.append((text("luck: all that differs between replicates"), importance.luck))
    table = TextTable(
        [text("varied"), text("share"), text("95 % interval")],
        [(words, percent(share.share), interval_words(share)) for words, share in rows],
        caption(analysis, importance, sum(max(0.0, share.share) for _, share in left)),
    )
    return tabled("importance", text("What mattered"), takeaway(analysis, importance), table)


def effect_words(paths: tuple[str, ...]) -> str:
    """Name an axis, or axes that act together."""
    return " × ".join(map(axis_words, paths))


def percent(share: float) -> str:
    """Write a share; an estimate below 0 or above 1 is noise around these."""
    return f"{bounded(share)} %"


def bounded(share: float) -> str:
    """Write a share within 0 and 1, to a hundredth of a per cent."""
    return number(round(100 * min(1.0, max(0.0, share)), 2), 2)


def interval_words(share: Share) -> str:
    """Write a share's interval."""
    if math.isnan(share.low):
        return "–"
    return f"[{bounded(share.low)}, {bounded(share.high)}]"


def takeaway(analysis: Analysis, importance: Importance) -> str:
    """Say which axis explains most, and how far that can be trusted."""
    paths, share = importance.effects[0]
    words = {
        "axis": effect_words(paths),
        "share": percent(share.share),
        "metric": text(analysis.metric.words),
    }
    if importance.luck is not None:
        return text(
            "Exploratory: {share} of the variance of the {metric} is explained by {axis}, "
            "{luck} by luck.",
            luck=percent(importance.luck.share),
            **words,
        )
    if importance.r2 < ENOUGH_FIT:
        return text(
            "Exploratory: a random forest does not predict the {metric} of arms that it has not "
            "seen (R² = {r2}), so that these importances mean little.",
            metric=words["metric"],
            r2=number(importance.r2, 2),
        )
    return text(
        "Exploratory: the {metric} depends most on the {axis}, with {share} of its variance "
        "between arms (out-of-bag R² = {r2}).",
        r2=number(importance.r2, 2),
        **words,
    )


def caption(analysis: Analysis, importance: Importance, left: float) -> str:
    """Say how the shares were made."""
    replicates = counted("{n} replicate", "{n} replicates", importance.replicates)
    if importance.exact:
        how = text(
            "Variance over all arms and replicates, taken apart exactly, every level counted "
            "alike; × is what axes do together beyond what each does alone. Products of "
            "different replicates keep noise out of the shares; intervals by the jackknife over "
            "{replicates}.",
            replicates=replicates,
        )
    else:
        how = text(
            "Growth of a random forest's error, on arms that its trees did not see, where an axis "
            "is shuffled: each axis with all that it does together with others. Mean over "
            "{replicates}; intervals by resampling them.",
            replicates=replicates,
        )
    ranks = counted(
        "{infinite} of {n} trial diverged or has no finite value: shares are those of ranks, in "
        "which it comes last or first.",
        "{infinite} of {n} trials diverged or have no finite value: shares are those of ranks, in "
        "which these come last or first.",
        importance.trials,
        infinite=f"{importance.infinite:,}",
    )
    rest = text("All others together: {share}.", share=percent(left))
    return sentences(
        how,
        ranks if importance.infinite else "",
        rest if left else "",
        tied(analysis) if importance.exact else "",
    )


def tied(analysis: Analysis) -> str:
    """Say how luck could be taken apart where all of its sources vary with the replicate."""
    varied = analysis.luck.varied
    if len(varied) < 2 or any(str(name).startswith(PREFIX) for name in analysis.results.trials):
        return ""
    return text(
        "Luck cannot be taken apart here, as {draws} vary together; several levels of each under "
        "{table} cross them.",
        draws=listed(map(purpose_words, varied)),
        table="[luck]",
    )
