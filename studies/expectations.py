"""Expectations: published numbers that a study claims to reproduce, and what they must reject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args, get_type_hints

from ..core.component_json import to_json
from ..core.errors import InputError, unknown
from .files.schema import flat
from .metrics import Scale

Levels = tuple[tuple[str, Any], ...]
"""Paths of a recipe, each with the value that an arm must have there."""


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
    arm: Levels = field(default=(), metadata={"table": dict[str, Any]})
    layer: int = 0
    judge: Literal["prediction", "median", "range"] = "prediction"
    scale: Scale = "log"
    tolerance: float = 0.1
    upper: float = 0.0
    rejects: tuple[Levels, ...] = field(default=(), metadata={"table": list[dict[str, Any]]})
    source: str = ""

    def __post_init__(self) -> None:
        hints = get_type_hints(Expectation)
        wrong = [
            f"expectation: {unknown(name, getattr(self, name), get_args(hints[name]))}"
            for name in ("judge", "scale")
            if getattr(self, name) not in get_args(hints[name])
        ]
        if wrong:
            raise InputError(*wrong)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Expectation:
        """Return the expectation of an ``[[expectation]]`` table."""
        given = dict(table)
        given["arm"] = tuple(flat(table.get("arm", {})).items())
        given["rejects"] = tuple(tuple(flat(x).items()) for x in table.get("rejects", ()))
        return cls(**given)

    def to_table(self) -> dict[str, Any]:
        """Return the expectation as a study file holds it."""
        plain = {f.name: to_json(getattr(self, f.name)) for f in fields(self)}
        return plain | {"arm": dict(self.arm), "rejects": [dict(x) for x in self.rejects]}
