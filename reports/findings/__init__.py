"""Findings: coded diagnoses of a run, one class in one file each, and the list of them."""

from __future__ import annotations

from .best_at_edge import BestAtEdge
from .dead_units import DeadUnits
from .diverged import Diverged
from .exploding_gradient import ExplodingGradient
from .finding_function import FindingFunction
from .overfitting import Overfitting
from .plateau import Plateau
from .rate_too_high import RateTooHigh
from .rate_too_low import RateTooLow
from .saturation import Saturation
from .still_improving import StillImproving
from .stuck_at_chance import StuckAtChance
from .too_few_replicates import TooFewReplicates
from .underfitting import Underfitting
from .validation_used_twice import ValidationUsedTwice
from .vanishing_gradient import VanishingGradient

FINDINGS: tuple[FindingFunction, ...] = (
    Diverged(),
    StuckAtChance(),
    VanishingGradient(),
    ExplodingGradient(),
    RateTooHigh(),
    RateTooLow(),
    DeadUnits(),
    Saturation(),
    Underfitting(),
    Overfitting(),
    ValidationUsedTwice(),
    TooFewReplicates(),
    Plateau(),
    StillImproving(),
    BestAtEdge(),
)
"""Every rule; within a severity, findings are told in this order."""
