"""A fraction of the full two-level factorial."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from ...core.components import number
from ...core.errors import InputError
from ...core.recipe import Recipe
from .axes import choices_of
from .design_function import Arm, DesignFunction, arms_of
from .factorial import check_factors
from .fractions import LETTERS, Fraction, fraction_of, smallest_fraction


@dataclass(frozen=True)
class FractionalFactorial(DesignFunction):
    """Fractional factorial: 2ᵏ⁻ᵖ of the combinations of k factors of two levels.

    ``generators`` give p factors as products of others, by the letters or numbers of their axes:
    ``"D = ABC"``. Without any, the smallest fraction of the ``resolution`` is taken, 4 if that is
    not given either: no main effect is then taken for an interaction of two factors. Both fields
    hold afterwards what the fraction has.
    Source: Box & Hunter 1961, Technometrics 3.

    >>> from paribus.studies.files.drafts import default_recipe
    >>> axes = {"depth": [2, 4], "activation": ["tanh", "relu"], "bias": [0.0, 0.1]}
    >>> design = FractionalFactorial.of(axes, generators=["C = AB"])
    >>> [arm.label for arm in design.arms(default_recipe())][0]
    'depth=2, activation=tanh, bias=0.1'
    >>> design.resolution, design.aliases["A"]
    (3, ('BC',))
    """

    kind: ClassVar[str] = "fractional-factorial"
    generators: tuple[str, ...] = ()
    resolution: int = number(0, at_least=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        texts: Any = self.generators
        if not isinstance(texts, list | tuple) or not all(isinstance(x, str) for x in texts):
            raise InputError(f"design.generators = {texts!r} must be a list of texts as 'D = ABC'")
        object.__setattr__(self, "generators", tuple(texts))
        fraction = self.fraction
        object.__setattr__(self, "generators", tuple(map(str, fraction.generators)))
        object.__setattr__(self, "resolution", fraction.resolution)

    @cached_property
    def fraction(self) -> Fraction:
        """The fraction.

        Raises
        ------
        InputError
            If a factor has not two levels, a generator cannot be, or no fraction has the
            resolution.
        """
        choices_of(self.axes, self.kind)
        check_factors(self, most=2)
        factors, asked = len(self.axes), self.resolution
        if factors > len(LETTERS):
            raise InputError(f"design: {self.kind} takes at most {len(LETTERS)} factors")
        if asked and asked < 3:
            raise InputError(f"design.resolution = {asked} must be 3 or more")
        if self.generators:
            given = fraction_of(self.generators, factors)
            if given.resolution < max(asked, 3):
                raise InputError(
                    f"design.generators give resolution {given.resolution}, less than "
                    f"{max(asked, 3)}"
                )
            return given
        chosen = smallest_fraction(factors, asked or 4)
        if chosen is None:
            raise InputError(
                f"design.resolution: no fraction of {factors} factors has resolution "
                f"{asked or 4}; take a lower one, more factors or kind = 'factorial'"
            )
        return chosen

    @property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """For each main effect and two-factor interaction, which others it cannot be told from."""
        return self.fraction.aliases

    @property
    def size(self) -> int:
        """Two to the power of the factors that no generator defines."""
        return 1 << len(self.axes) - len(self.fraction.generators)

    def arms(self, base: Recipe) -> tuple[Arm, ...]:
        """Return the arms, those of the first factor's first level before the others."""
        choices = choices_of(self.axes, self.kind)
        points = (
            [pair[sign > 0] for pair, sign in zip(choices, signs, strict=True)]
            for signs in self.fraction.signs()
        )
        return arms_of(base, points, "design")
