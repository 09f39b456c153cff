"""Links from a page's explanations and takeaways to its glossary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

from markupsafe import Markup, escape

from ..language.glossary import glossary
from ..language.terms import Glossary
from ..sections.glossary import section_of
from ..sections.section import Section

LINKED = {"text", "takeaway"}
"""Classes of the elements in which terms become links."""
WITHOUT_TERMS = {"a", "button", "math", "svg", "pre", "code", "table", "legend"}
"""Elements in which no term is looked for."""
EMPTY = {"br", "hr", "img", "input", "wbr"}
"""Elements without an end."""


def with_glossary(sections: Sequence[Section]) -> list[Section]:
    """Return the sections, the first mention of each term a link, and the glossary below them.

    It lists the terms that occur anywhere in the sections.
    """
    known = glossary()
    linker = Linker(known)
    linked = [replace(section, body=linker.linked(section.body)) for section in sections]
    used = [entry for entry in known.entries if entry.key in linker.used]
    return [*linked, section_of(used)] if used else linked


class Linker(HTMLParser):
    """Turns the first mention of each term into a link; remembers links and mentions."""

    def __init__(self, known: Glossary) -> None:
        super().__init__(convert_charrefs=False)
        self.known = known
        self.links: set[str] = set()
        self.used: set[str] = set()

    def linked(self, body: Markup) -> Markup:
        """Return a fragment of a page with its links."""
        self.reset()
        self.out: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.feed(body)
        self.close()
        return Markup("".join(self.out))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag, and whether it opens what holds links."""
        self.out.append(self.get_starttag_text() or "")
        if tag not in EMPTY:
            classes = {
                name for key, value in attrs if key == "class" for name in str(value).split()
            }
            self.open.append((tag, bool(classes & LINKED)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an empty tag."""
        self.out.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """Keep the end of an element."""
        self.out.append(f"</{tag}>")
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Link the terms in a text where links may be."""
        inside = {tag for tag, _ in self.open}
        if inside & WITHOUT_TERMS:
            self.out.append(data)
            return
        links_here, end = any(links for _, links in self.open), 0
        for start, stop, entry in self.known.occurrences(data):
            self.used.add(entry.key)
            if links_here and entry.key not in self.links:
                self.links.add(entry.key)
                term = escape(data[start:stop])
                link = f'<a class="term" href="#term-{entry.key}">{term}</a>'
                self.out += [data[end:start], link]
                end = stop
        self.out.append(data[end:])

    def handle_entityref(self, name: str) -> None:
        """Keep a named character."""
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Keep a numbered character."""
        self.out.append(f"&#{name};")
