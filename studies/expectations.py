"""Expectations: published numbers that a study claims to reproduce, and what they must reject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .metrics import Scale


@dataclass(frozen=True)
class Expectation:
    """A published number, the arm that should reproduce it, and wrong recipes it should reject.

    ``measure`` is a metric, or a layer measure with its ``layer`` (from 1) at initialisation. With
    ``judge = "prediction"`` the published number must lie in the t-prediction interval of the
    replicates, mean ± t·s·√(1 + 1/n) on ``scale``; with ``"median"`` the replicates' median must
    lie within ``tolerance`` (relative) of it; with ``"range"`` the median must lie between
    ``published`` and ``upper``. ``rejects`` names levels of wrong arms, or another layer measure
    as ``("measure", name)``, that should fail the same judgement.
    """

    claim: str
    measure: str
    published: float
    arm: tuple[tuple[str, str], ...] = ()
    layer: int = 0
    judge: Literal["prediction", "median", "range"] = "prediction"
    scale: Scale = "log"
    tolerance: float = 0.1
    upper: float = 0.0
    rejects: tuple[tuple[tuple[str, str], ...], ...] = ()
    source: str = ""
