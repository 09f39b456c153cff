r"""Formulas in texts: LaTeX between dollars, MathML on a page, plain letters in a terminal.

An opening dollar has a letter right after it, a closing one right before it and no digit behind it,
so that sums of money stay what they are.

>>> plain(r"It costs $5 and $6, but $\chi_1 = \sigma_w^2 \cdot \frac{1}{2n} \le \sqrt{x + 1}$.")
'It costs $5 and $6, but χ₁ = σ_w² · 1/(2n) ≤ √(x + 1).'
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from ..core.errors import InputError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FORMULA = re.compile(r"\$(?=\S)([^$]+)(?<=\S)\$(?!\d)")
PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2}
PARTS |= {"msubsup": 3, "munderover": 3}
"""How many parts an element of MathML must have."""
ROWS = {"math", "mrow", "mstyle", "mpadded", "mtd"}
TAGS = {*PARTS, *ROWS, "mi", "mn", "mo", "mtext", "msqrt", "mspace", "mtable", "mtr"}
ATTRIBUTES = {"xmlns", "display", "mathvariant", "stretchy", "fence", "form", "width", "accent"}
ATTRIBUTES |= {"movablelimits", "largeop", "displaystyle", "scriptlevel", "lspace", "rspace"}
SPACED = frozenset("=≠<>≤≥≈∼≪≫∝∈→≡+−±×·")
"""Operators with a space on either side, unless they are signs."""
RAISED = str.maketrans("0123456789+−-nijT′", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿⁱʲᵀ′")
LOWERED = str.maketrans("0123456789+−-aeijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋ₐₑᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
ACCENTS = {"^": "\u0302", "∼": "\u0303", "¯": "\u0304", "‾": "\u0304", "˙": "\u0307", "→": "\u20d7"}


def pieces(words: str) -> Iterator[str | Element]:
    """Yield the stretches of a text in turn, and its formulas as elements of MathML.

    Raises
    ------
    InputError
        If a formula is wrong.
    """
    end = 0
    for found in FORMULA.finditer(words):
        yield words[end : found.start()]
        yield mathml(found[1])
        end = found.end()
    yield words[end:]


def plain(words: str) -> str:
    """Return a text with its formulas in plain letters, for where there is no layout."""
    return "".join(
        part if isinstance(part, str) else unicodedata.normalize("NFC", written(part).strip())
        for part in pieces(words)
    )


def mistakes(**texts: str) -> list[str]:
    """Return one sentence for each text whose formulas are wrong, after its name."""
    messages = []
    for name, words in texts.items():
        try:
            list(pieces(words))
        except InputError as error:
            messages += [f"{name}: {message}" for message in error.messages]
    return messages


def mathml(latex: str) -> Element:
    r"""Return a formula as an element of MathML that holds nothing but mathematics.

    >>> [part.tag for part in mathml(r"w^2").iter()]
    ['math', 'mrow', 'msup', 'mi', 'mn']

    Raises
    ------
    InputError
        If it is wrong: a brace without its partner, an unknown command, an argument that lacks.
    """
    from latex2mathml.converter import convert_to_element

    def wrong(reason: str) -> InputError:
        return InputError(f"the formula ${' '.join(latex.split())}$ {reason}")

    bare = re.sub(r"\\[\\{}]", "", latex)
    if bare.count("{") != bare.count("}") or re.search(r"^[^{]*}", bare):
        raise wrong("has a brace without its partner")
    try:
        element = convert_to_element(latex)
    except Exception as error:  # the library has no common class for what it refuses
        raise wrong(f"cannot be read: {type(error).__name__}") from None
    for part in element.iter():
        part.text = html.unescape(part.text) if part.text else part.text
        if part.text == "~":  # which the library takes for a name
            part.tag, part.text = "mo", "∼"
        name = part.text or ""
        if part.tag == "mi" and name.startswith("\\"):
            raise wrong(f"has an unknown command, {name}")
        if part.tag not in TAGS:
            raise wrong(f"uses what pages do not show, {part.tag}")
        if len(part) != PARTS.get(part.tag, len(part)):
            raise wrong("lacks an argument")
        for attribute in set(part.attrib) - ATTRIBUTES:
            del part.attrib[attribute]
    return element


def written(element: Element) -> str:
    """Write a formula in plain letters."""
    parts = [written(part) for part in element]
    if element.tag in LAYOUT:
        return LAYOUT[element.tag](parts)
    if element.tag in ROWS:
        return joined(element, parts)
    return (element.text or "").replace("\u00a0", " ")


def joined(element: Element, parts: Iterable[str]) -> str:
    """Join the parts of a row, with the spaces that a reader of plain letters needs."""
    row, after_thing, after_name = "", False, False
    for child, part in zip(element, parts, strict=True):
        operator = child.tag == "mo" and part in SPACED
        if operator and (after_thing or part not in "+−±"):
            row = f"{row.rstrip()} {part} "
        else:
            row += " " + part if after_name and part[:1].isalnum() else part
            row += " " if part == "," else ""
        after_thing = not operator and not part.endswith(("(", "[", "{"))
        first = next((leaf.text for leaf in child.iter() if leaf.text), "")
        after_name = child.tag != "mtext" and (len(first) > 1 or first in "∑∏∫")
    return row


def grouped(part: str) -> str:
    """Put a part into parentheses unless it is one thing."""
    one = re.fullmatch(r"∂?[^\W\d_][\w′]*(\^\([^()]*\))?|[\d.]+|\([^()]*\)|∂?.", part)
    return part if one else f"({part})"


def script(part: str, letters: dict[int, int], mark: str) -> str:
    """Write a superscript or a subscript, by its small letters where all of it has them."""
    if all(ord(letter) in letters for letter in part):
        return part.translate(letters)
    bracketed = part.startswith("(") and part.endswith(")")
    return mark + (part if len(part) == 1 or bracketed else f"({part.replace(' ', '')})")


def below(parts: list[str]) -> str:
    """Write a thing with a subscript."""
    return parts[0] + script(parts[1], LOWERED, "_")


def above(parts: list[str]) -> str:
    """Write a thing with a superscript, or an accent."""
    return parts[0] + (ACCENTS.get(parts[1]) or script(parts[1], RAISED, "^"))


def around(parts: list[str]) -> str:
    """Write a thing with a subscript and a superscript."""
    return below(parts[:2]) + script(parts[2], RAISED, "^")


LAYOUT: dict[str, Callable[[list[str]], str]] = {
    "mfrac": lambda parts: "/".join(map(grouped, parts)),
    "msqrt": lambda parts: "√" + grouped("".join(parts)),
    "mroot": lambda parts: script(parts[1], RAISED, "^") + "√" + grouped(parts[0]),
    "msub": below,
    "munder": below,
    "msup": above,
    "mover": above,
    "msubsup": around,
    "munderover": around,
    "mspace": lambda _: " ",
    "mtr": ", ".join,
    "mtable": "; ".join,
}
"""How the parts of an element are written in a line."""
