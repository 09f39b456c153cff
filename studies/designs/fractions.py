"""Fractions of two-level factorials: generators, resolution, and what cannot be told apart.

A factor is a bit and a product of factors the set of their bits, so that the product of two of them
is their exclusive or. Source: Box & Hunter 1961, Technometrics 3.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ...core.errors import InputError

LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
"""Names of factors in their order; I is the product of none."""
MOST_FREE = 17
"""More factors in all combinations are more arms than a study can have."""
MOST_STEPS = 20_000
"""Generators tried before a fraction of this size is taken not to exist."""


@dataclass(frozen=True)
class Generator:
    """A factor that takes the sign of a product of others."""

    factor: int
    product: int
    sign: Literal[1, -1] = 1

    @property
    def word(self) -> int:
        """The product of factors that is the same in all arms."""
        return 1 << self.factor | self.product

    def __str__(self) -> str:
        return f"{LETTERS[self.factor]} = {'-' if self.sign < 0 else ''}{name_of(self.product)}"


def name_of(product: int) -> str:
    """Return a product's letters.

    >>> name_of(0b1011), name_of(0)
    ('ABD', 'I')
    """
    return "".join(x for i, x in enumerate(LETTERS) if product >> i & 1) or "I"


@dataclass(frozen=True)
class Fraction:
    """The part of a full two-level factorial of ``factors`` factors that generators pick."""

    factors: int
    generators: tuple[Generator, ...]

    @cached_property
    def words(self) -> dict[int, int]:
        """The defining relation: the products that are the same in all arms, with their signs."""
        words = {0: 1}
        for generator in self.generators:
            others = {word ^ generator.word: s * generator.sign for word, s in words.items()}
            words |= others
        return {word: sign for word, sign in words.items() if word}

    @property
    def resolution(self) -> int:
        """The fewest factors of a word of the defining relation.

        At 3 main effects are free of one another, at 4 of two-factor interactions as well, and at
        5 these are free of one another.

        >>> Fraction(4, (parsed("D = ABC", 4),)).resolution
        4
        """
        return min((word.bit_count() for word in self.words), default=self.factors + 1)

    @property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """For each main effect and two-factor interaction, those of the others it stands for, too.

        A minus stands before what has the opposite sign.

        >>> Fraction(4, (parsed("D = ABC", 4),)).aliases["AB"]
        ('CD',)
        """
        terms = [1 << i for i in range(self.factors)]
        terms += [a | b for a, b in itertools.combinations(terms, 2)]
        known = set(terms)
        return {
            name_of(term): tuple(
                ("-" if sign < 0 else "") + name_of(term ^ word)
                for word, sign in sorted(self.words.items())
                if term ^ word in known
            )
            for term in terms
        }

    def signs(self) -> Iterator[tuple[int, ...]]:
        """Yield each arm's signs, one for each factor, those of the first factor slowest."""
        made = {generator.factor: generator for generator in self.generators}
        free = [i for i in range(self.factors) if i not in made]
        for chosen in itertools.product((-1, 1), repeat=len(free)):
            signs = dict(zip(free, chosen, strict=True))
            for factor, generator in made.items():
                minus = sum(signs[i] < 0 for i in free if generator.product >> i & 1)
                signs[factor] = generator.sign * (-1) ** minus
            yield tuple(signs[i] for i in range(self.factors))


def parsed(text: str, factors: int) -> Generator:
    """Read a generator as ``"D = ABC"``, ``"D = -ABC"``, or by numbers, ``"4 = 1 2 3"``.

    Raises
    ------
    InputError
        If it is none, or names a factor that is not there.

    >>> str(parsed("4 = -1 2 3", 4)), str(parsed("d=abc", 4))
    ('D = -ABC', 'D = ABC')
    """
    match = re.fullmatch(r"\s*(\w+)\s*=\s*([-−]?)\s*([\w\s·*×]+)", text)
    left, sign, right = match.groups() if match else ("", "", "")
    sides = [re.findall(r"\d+|[A-Z]", side.upper()) for side in (left, right)]
    if len(sides[0]) != 1 or len(sides[1]) < 2 or re.search(r"_|I", (left + right).upper()):
        raise InputError(
            f"design.generators: {text!r} must read as 'D = ABC' or '4 = 1 2 3': a factor by its "
            "axis's letter or number, and the product of two or more others"
        )
    numbers = [[int(x) - 1 if x.isdigit() else LETTERS.index(x) for x in names] for names in sides]
    (factor,), product = numbers
    if not all(0 <= i < factors for i in (factor, *product)):
        last = LETTERS[factors - 1] if factors else "none"
        raise InputError(
            f"design.generators: {text!r} names a factor that is not there; the {factors} axes are "
            f"A to {last}, or 1 to {factors}"
        )
    if len({factor, *product}) <= len(product):
        raise InputError(f"design.generators: {text!r} names a factor twice")
    return Generator(factor, sum(1 << i for i in product), -1 if sign else 1)


def fraction_of(texts: Sequence[str], factors: int) -> Fraction:
    """Return the fraction of these generators.

    Raises
    ------
    InputError
        If one cannot be read, defines a factor again or by another defined one.
    """
    generators = tuple(parsed(text, factors) for text in texts)
    defined = [generator.factor for generator in generators]
    for generator in generators:
        if defined.count(generator.factor) > 1:
            raise InputError(
                f"design.generators: {LETTERS[generator.factor]} is defined more than once"
            )
        within = [i for i in defined if generator.product >> i & 1]
        if within:
            raise InputError(
                f"design.generators: {str(generator)!r} must be made of factors that no generator "
                f"defines; {LETTERS[within[0]]} is defined by another"
            )
    return Fraction(factors, generators)


def smallest_fraction(factors: int, resolution: int) -> Fraction | None:
    """Return the fraction with the fewest arms that has a resolution, None where there is none.

    Of those with as many arms it has the highest resolution.

    >>> [str(g) for g in smallest_fraction(7, 3).generators]
    ['D = AB', 'E = AC', 'F = BC', 'G = ABC']
    """
    for free in range(1, min(factors, MOST_FREE + 1)):
        for best in range(factors, resolution - 1, -1):
            products = _products(free, factors - free, best)
            if products is not None:
                made = (Generator(free + i, product) for i, product in enumerate(products))
                return Fraction(factors, tuple(made))
    return None


def _products(free: int, count: int, resolution: int) -> list[int] | None:
    """Return ``count`` products of ``free`` factors that generate words long enough."""
    candidates = [
        sum(1 << i for i in factors)
        for size in range(resolution - 1, free + 1)
        for factors in itertools.combinations(range(free), size)
    ]
    steps = 0

    def extended(chosen: list[int], words: list[int], start: int) -> list[int] | None:
        nonlocal steps
        if len(chosen) == count:
            return chosen
        for position in range(start, len(candidates) - (count - len(chosen)) + 1):
            steps += 1
            if steps > MOST_STEPS:
                return None
            word = candidates[position] | 1 << free + len(chosen)
            products = [word ^ other for other in words]
            if all(product.bit_count() >= resolution for product in products):
                longer = [*chosen, candidates[position]]
                result = extended(longer, words + products, position + 1)
                if result is not None:
                    return result
        return None

    return extended([], [0], 0)
