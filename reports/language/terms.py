"""Terms of art: their words, and where they stand in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Entry:
    """A term: the ``key`` of its anchor, its words and its meaning.

    The words are the forms in which it occurs, parted by ``|``, the first of them its name.
    """

    key: str
    words: str
    meaning: str

    @property
    def forms(self) -> list[str]:
        """Return the forms in which the term occurs."""
        return self.words.split("|")


@dataclass(frozen=True)
class Glossary:
    """Entries, and where their terms stand in a text; of two that overlap the longer one counts."""

    entries: Sequence[Entry]

    def occurrences(self, words: str) -> list[tuple[int, int, Entry]]:
        """Return where terms begin and end, in the order of the text, and their entries.

        >>> known = Glossary([Entry("rate", "learning rate", ""), Entry("set", "set|sets", "")])
        >>> [(a, b, e.key) for a, b, e in known.occurrences("Learning rates, a set, a reset")]
        [(18, 21, 'set')]
        """
        found = self._pattern.finditer(words)
        return [(m.start(), m.end(), self._entries[m[0].lower()]) for m in found]

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        return {form.lower(): entry for entry in self.entries for form in entry.forms}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest = sorted(self._entries, key=len, reverse=True)
        alternatives = "|".join(map(re.escape, longest))
        # letters beside a term make it another word; in scripts without spaces they do not
        return re.compile(rf"(?<![A-Za-z0-9_-])(?:{alternatives})(?![A-Za-z0-9_-])", re.IGNORECASE)
