"""A finding as a value: a coded diagnosis of an arm, its evidence and what did not show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["note", "warning", "serious"]
SEVERITIES: tuple[Severity, ...] = ("serious", "warning", "note")
"""The gravest first."""


@dataclass(frozen=True)
class Evidence:
    """The number of one trial that stands for an arm, and the threshold that it passes.

    ``quantity`` names the number, ``beside`` others measured with it. ``layer`` and ``epoch`` are
    None where the number belongs to none. ``held_out`` is what the validation
    scores are of.
    """

    trial_id: str
    quantity: str
    number: float
    threshold: float
    layer: int | None = None
    epoch: float | None = None
    beside: dict[str, float] = field(default_factory=dict)
    held_out: str = "validation"


@dataclass(frozen=True)
class Counterfactual:
    """An arm that differs in one level: ``k`` of the ``n`` replicates show the finding there too.

    The ``n`` replicates are those that show it in the finding's arm, as far as the other has them.
    """

    arm: int
    path: str
    k: int
    n: int


@dataclass(frozen=True)
class Finding:
    """A diagnosis of an arm, None for the study, that ``k`` of ``n`` replicates show."""

    code: str
    version: int
    severity: Severity
    arm: int | None
    k: int
    n: int
    evidence: Evidence
    counterfactual: Counterfactual | None = None
