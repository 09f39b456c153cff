"""Expectations: published numbers that a study claims to reproduce, and what they must reject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args, get_type_hints

from ..core.component_json import to_json
from ..core.errors import InputError, unknown
from .files.schema import flat
from .quantities.quantities import QUANTITIES
from .quantities.quantity_function import MEASURES, Levels, QuantityFunction

JudgeName = Literal["prediction", "mean", "median", "range", "rate", "sd", "quantiles"]
PLACES = ("layer", "epoch", "step", "last_epoch", "value", "axis", "than")
"""The keys that say of which number a quantity speaks; each quantity reads some of them."""


@dataclass(frozen=True)
class Expectation:
    """A published number, the arm that should reproduce it, and wrong recipes it should reject.

    Parameters
    ----------
    claim, source, level
        What is claimed, where it stands, and whether the number was ``"published"``, is a
        ``"reference"`` that was measured independently of this project, or is a bound set by the
        study itself for a ``"law"`` that its source states without it.
    measure, quantity
        A metric, a layer measure, or ``"diverged"``; and what of it, a kind of ``QUANTITIES``.
    layer, epoch, last_epoch, step, value, axis, than
        What the quantity needs to know: the layer (from 1), the epochs (0 is the start) or the
        step, the value to be passed, the axis of a curve, the arms of an ordering.
    judge
        ``"prediction"``: ``published`` comes from one run, so it lies where one more replicate
        falls. ``"mean"``, ``"median"``, ``"sd"``: it comes from ``runs`` runs, so it lies where
        theirs falls; for a mean, ``spread`` is the sd of these runs, or ``quantiles`` their 2.5 and
        97.5 percentiles. A median without ``runs`` must be within ``tolerance`` (relative).
        ``"range"``: the median lies between ``published`` and ``upper``. ``"rate"``: the share of
        replicates does, or, with ``runs``, is that of these. ``"quantiles"``: ``published`` and
        ``upper`` enclose a share ``coverage`` of runs.
    scale
        Where intervals are made: ``"log"``, ``"linear"``, or ``"share"`` for accuracies, the angle
        asin √x, finite at 0 and 1. Files of old say ``"logit"`` for it.
    family
        Numbers of one publication under one name are judged together.
    rejects
        Levels of wrong arms, or another measure as ``("measure", name)``, that should fail the same
        judgement.
    """

    claim: str
    measure: str
    published: float
    arm: Levels = field(default=(), metadata={"table": dict[str, Any]})
    layer: int = 0
    judge: JudgeName = "prediction"
    scale: Literal["log", "linear", "share", "logit"] = "log"
    tolerance: float = 0.1
    upper: float = 0.0
    rejects: tuple[Levels, ...] = field(default=(), metadata={"table": list[dict[str, Any]]})
    source: str = ""
    level: Literal["published", "reference", "law"] = "published"
    family: str = ""
    quantity: str = "value"
    epoch: int | None = None
    last_epoch: int | None = None
    step: int | None = None
    value: float | None = None
    axis: str = ""
    than: tuple[Levels, ...] = field(default=(), metadata={"table": list[dict[str, Any]]})
    runs: int = 0
    spread: float | None = None
    quantiles: tuple[float, ...] = ()
    coverage: float = 0.95

    def __post_init__(self) -> None:
        hints = get_type_hints(Expectation)
        wrong = [
            unknown(name, getattr(self, name), get_args(hints[name]))
            for name in ("judge", "scale", "level")
            if getattr(self, name) not in get_args(hints[name])
        ]
        if self.measure not in MEASURES:
            wrong.append(unknown("measure", self.measure, MEASURES))
        if self.quantity not in QUANTITIES:
            wrong.append(unknown("quantity", self.quantity, QUANTITIES))
        if wrong:
            raise InputError(*map(self.named, wrong))
        if self.scale == "logit":
            object.__setattr__(self, "scale", "share")
        wrong = self._mistakes()
        if wrong:
            raise InputError(*map(self.named, wrong))

    def _mistakes(self) -> list[str]:
        reads = QUANTITIES[self.quantity].reads()
        wrong = [
            f"quantity = {self.quantity!r} does not read {key} = {getattr(self, key)!r}"
            for key in PLACES
            if key != "layer" and key not in reads and getattr(self, key) not in (None, "", ())
        ]
        if self.tolerance < 0:
            wrong.append(f"tolerance = {self.tolerance} must be ≥ 0")
        if self.runs < 0:
            wrong.append(f"runs = {self.runs} must be ≥ 0")
        if self.spread is not None and self.spread < 0:
            wrong.append(f"spread = {self.spread} must be ≥ 0")
        if not 0 < self.coverage < 1:
            wrong.append(f"coverage = {self.coverage} must lie between 0 and 1")
        if self.has_band and self.upper < self.published:
            wrong.append(f"upper = {self.upper} lies below published = {self.published}")
        if self.judge in ("mean", "sd") and not self.runs:
            wrong.append(f"judge = {self.judge!r} needs runs, the number of runs it was taken over")
        if (self.spread is not None or self.quantiles) and self.judge != "mean":
            wrong.append("spread and quantiles belong to judge = 'mean'")
        if self.quantiles and (len(self.quantiles) != 2 or self.quantiles[0] > self.quantiles[1]):
            wrong.append(f"quantiles = {list(self.quantiles)} must be two, the lower one first")
        yes_or_no = QUANTITIES[self.quantity].yes_or_no or self.measure == "diverged"
        if yes_or_no != (self.judge == "rate"):
            shares = ", ".join(kind for kind, cls in QUANTITIES.items() if cls.yes_or_no)
            wrong.append(
                "judge = 'rate' goes with a quantity that is a share: "
                f"{shares}, or measure = 'diverged'"
            )
        if self.judge == "rate" and not 0 <= self.published <= max(self.published, self.upper) <= 1:
            wrong.append("a rate lies between 0 and 1")
        return wrong

    def named(self, mistake: str) -> str:
        """Return a mistake with the claim that holds it."""
        return f"expectation {self.claim!r}: {mistake}"

    @property
    def has_band(self) -> bool:
        """Whether it gives a band, from ``published`` to ``upper``."""
        return self.judge in ("range", "quantiles") or (self.judge == "rate" and not self.runs)

    def asked(self, measure: str = "", axis_levels: tuple[float, ...] = ()) -> QuantityFunction:
        """Return the quantity it speaks of, or the same of another measure."""
        cls = QUANTITIES[self.quantity]
        reads = cls.reads()
        given = {key: getattr(self, key) for key in reads if key in PLACES}
        if "axis_levels" in reads:
            given["axis_levels"] = axis_levels
        return cls(measure=measure or self.measure, **given)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Expectation:
        """Return the expectation of an ``[[expectation]]`` table."""
        given = dict(table)
        given["arm"] = tuple(flat(table.get("arm", {})).items())
        for key in ("rejects", "than"):
            given[key] = tuple(tuple(flat(x).items()) for x in table.get(key, ()))
        given["quantiles"] = tuple(table.get("quantiles", ()))
        return cls(**given)

    def to_table(self) -> dict[str, Any]:
        """Return the expectation as a study file holds it, without what is not given."""
        plain = {
            f.name: to_json(getattr(self, f.name))
            for f in fields(self)
            if getattr(self, f.name) not in (None, ())
        }
        levels = {key: [dict(x) for x in getattr(self, key)] for key in ("rejects", "than")}
        return plain | {"arm": dict(self.arm), **levels}
