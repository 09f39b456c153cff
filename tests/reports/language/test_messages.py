"""What reports say goes through one catalogue, so that another language is one file."""

from __future__ import annotations

import ast
import re
import string
import struct
from collections.abc import Iterator
from pathlib import Path

import paribus
import pytest
from paribus.core.errors import InputError
from paribus.reports.language.catalogue import declared, template, written
from paribus.reports.language.messages import (
    counted,
    current_language,
    listed,
    sentences,
    speaking,
    text,
)
from paribus.reports.page.report import write_report
from paribus.reports.statistics.analysis import analyse

REPORTS = Path(paribus.__file__).parent / "reports"
MODULES = sorted(
    p
    for p in REPORTS.rglob("*.py")
    if p.parent.name != "statistics" and p.name not in ("catalogue.py", "translations.py")
)
IN_WORDS = [
    p for p in MODULES if p.parent.name in ("sections", "charts", "exhibits") or p.stem == "words"
]
SENTENCE = re.compile(
    r"[^\W\d_]{2,} [^\W\d_]|[^\W\d_] [^\W\d_]{2,}|(^| )[^\W\d_]{3,} | [^\W\d_]{3,}( |$)"
)
"""Two words, or one beside a space."""
CODE = (
    "default-src",  # the page's content security policy
    "script-src",
    "; style-src",
    "img-src",
    "datum.",  # expressions of Vega, and types of its fields
    "(datum.value",
    ":Q",
    "format(datum.value",
    "data:image",
    "'10' +",
    "'×' + format",
    "trials.groupby(",  # lines of Python that the page shows
    "# {comment}",
    "from paribus.studies.metrics",
    "import pandas as pd",
    "import paribus",
    "{name} = pd.read_parquet",
    'dtype = "float64"',
    'class="',  # elements of SVG and HTML
    "<",
    '"',
)
READ = {"title", "takeaway", "caption", "sentence", "heading", "summary", "label", "words"}
"""Arguments that readers see."""


def calls(node: ast.AST, *names: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def literals(node: ast.AST) -> Iterator[ast.Constant]:
    """Yield the strings in code that go neither through the catalogue nor into an error."""
    if calls(node, "text", "counted"):
        children = [*(a for a in node.args if not isinstance(a, ast.Constant)), *node.keywords]
    elif isinstance(node, ast.Raise | ast.Assert):
        children = []
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        children = []  # a docstring
    elif isinstance(node, ast.Dict):
        children = node.values
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child
        yield from literals(child)


def bypasses(source: str, *, strict: bool) -> list[str]:
    """Return what a reader would see untranslated."""
    tree = ast.parse(source)
    wrong = [
        node.value
        for node in literals(tree)
        if SENTENCE.search(node.value) and not node.value.strip().startswith(CODE)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in READ and strict:
            value = node.value
            if isinstance(value, ast.JoinedStr):
                wrong.append(ast.unparse(value))
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
                wrong.append(value.value)
        if strict and calls(node, "Section", "Figure", "Check", "Answer", "made"):
            texts = node.args[1 if not calls(node, "Check", "Answer") else 0 :]
            wrong += [
                a.value
                for a in texts
                if isinstance(a, ast.Constant)
                and isinstance(a.value, str)
                and a.value not in ("ok", "note")
                and not a.value.endswith(".html")
            ]
    return wrong


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(REPORTS)))
def test_no_sentence_passes_the_catalogue_by(path):
    assert bypasses(path.read_text(encoding="utf-8"), strict=path in IN_WORDS) == []


@pytest.mark.parametrize(
    "source",
    [
        'x = "the loss falls"',
        'x = f"the loss is {y}"',
        'x = text("a {b}", b="of the others")',
        'alt.X("x:Q", title="epoch")',
        'alt.X("x:Q", title=f"{held_out} loss")',
        'Check("Complete", "ok", text("All."))',
        'made("key", "Methods", "definitions.html")',
        'parts.append(" and more")',
    ],
)
def test_what_passes_it_by_is_found(source):
    assert bypasses(source, strict=True)


def test_what_does_not_is_not():
    source = '''
    """A docstring of several words."""
    raise InputError("nothing to report")
    made("key", text("The title"), "section.html", n=counted("{n} job", "{n} jobs", n))
    alt.X("x:Q", title=text("epoch of the minimum"), sort="descending")
    '''
    assert bypasses("if True:" + source, strict=True) == []


def test_sections_write_no_formatted_words():
    """In sections and charts an f-string holds no letters but a unit's: words have placeholders."""
    for path in IN_WORDS:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        formats = {n.format_spec for n in nodes if isinstance(n, ast.FormattedValue)}
        for node in nodes:
            if isinstance(node, ast.JoinedStr) and node not in formats:
                fixed = "".join(str(v.value) for v in node.values if isinstance(v, ast.Constant))
                inside = re.sub(r"axis:|N\(|f\(z\)", "", fixed)
                letters = re.search("[A-Za-z]", inside)
                assert not letters or fixed.startswith(CODE), f"{path}:{node.lineno}: {fixed!r}"


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def test_every_placeholder_is_given_and_used():
    checked = 0
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not calls(node, "text", "counted"):
                continue
            forms = [a.value for a in node.args[:2] if isinstance(a, ast.Constant)]
            given = {k.arg for k in node.keywords}
            if not forms or None in given:
                continue
            checked += 1
            where = f"{path.name}:{node.lineno}"
            if node.func.id == "counted":
                given |= {"n"}
                assert {*placeholders(forms[0]), *placeholders(forms[1])} <= given, where
                assert placeholders(forms[1]) | {"n"} == given, where
            else:
                assert placeholders(forms[0]) == given, where
    assert checked > 150


def test_what_is_declared_names_only_what_it_is_given():
    metrics, quantities = {"words", "value", "interval"}, {"measure", "epoch", "value"}
    given = {"metrics": metrics, "quantities": quantities}
    for message in declared():
        allowed = given.get(message.place, set())
        assert placeholders(message.one) <= allowed, message.one


def test_templates_hold_no_words():
    for path in [*REPORTS.rglob("*.html")]:
        body = re.sub(r"\{[{%].*?[%}]\}|<[^>]+>", "", path.read_text(encoding="utf-8"), flags=re.S)
        assert set(re.findall(r"[^\W\d_]{2,}", body)) <= {"paribus"}, path.name


def test_every_message_is_in_the_template_for_translators():
    pot = template()
    for message in written():
        assert message.one
    assert '\nmsgid "{n} hidden layer"\nmsgid_plural "{n} hidden layers"\n' in pot
    assert '\nmsgid "the learning speed of the biases, ‖mean δ‖, is level' in pot
    ids = re.findall(r"^msgid (.+)$", pot, re.M)
    assert len(ids) == len(set(ids)) > 300
    plurals: dict[str, str] = {}
    for one, many, place in written():
        assert not many or plurals.setdefault(one, many) == many, place


def write_language(folder: Path, name: str, messages: dict[str, str], plural: str) -> None:
    """Write a compiled catalogue as GNU gettext does: a header, then sorted pairs of texts."""
    head = f"Content-Type: text/plain; charset=UTF-8\nPlural-Forms: {plural}\n"
    pairs = sorted({"": head, **messages}.items())
    texts = [part.encode() for pair in zip(*pairs, strict=True) for part in pair]
    start = 28 + 8 * len(texts)
    table, blob = b"", b""
    for part in texts:
        table += struct.pack("<II", len(part), start + len(blob))
        blob += part + b"\0"
    n = len(pairs)
    path = folder / name / "LC_MESSAGES" / "paribus.mo"
    path.parent.mkdir(parents=True)
    path.write_bytes(
        struct.pack("<7I", 0x950412DE, 0, n, 28, 28 + 8 * n, 0, 28 + 16 * n) + table + blob
    )


MADE_UP = {
    "Methods": "Wie",
    "Can this be trusted?": "Darauf ist Verlass?",
    "hidden layers": "verdeckte Schichten",
    "{finished} of {n} trial is finished.\0{finished} of {n} trials are finished.": (
        "Von {n} Versuch ist {finished} fertig.\0Von {n} Versuchen sind {finished} fertig."
    ),
    "{n} hidden layer\0{n} hidden layers": "{n} Schicht\0{n} Schichten",
    "{n} arm\0{n} arms": "null Arme\0ein Arm",
    "with {levels} {value}": "{value} bei {levels}",
    "the {words} is {value}": "die {words} ist {value}",
    "validation accuracy": "Genauigkeit",
}


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    write_language(tmp_path, "xx", MADE_UP, "nplurals=2; plural=(n != 1);")
    return tmp_path


def test_a_language_is_one_file(spoken, small_run, monkeypatch):
    monkeypatch.setattr("paribus.reports.language.messages.FOLDER", spoken)
    html = write_report(small_run, language="xx").read_text(encoding="utf-8")
    assert '<html lang="xx">' in html
    assert "<h2>Wie</h2>" in html
    assert '<a href="#trust">Darauf ist Verlass?</a>' in html
    assert "Von 20 Versuchen sind 20 fertig." in html
    assert "Die Genauigkeit ist " in html  # the order of a translation's own
    assert "2 Schichten" in html
    assert "verdeckte Schichten" in html
    assert "<h2>Trials</h2>" in html  # what is not translated stays
    write_report(small_run)


def test_plurals_are_the_languages_own(spoken):
    assert counted("{n} arm", "{n} arms", 1) == "1 arm"
    assert counted("{n} arm", "{n} arms", 0) == "0 arms"
    assert counted("{n} arm", "{n} arms", 1234) == "1,234 arms"
    with speaking("xx", spoken):
        assert current_language() == "xx"
        assert counted("{n} hidden layer", "{n} hidden layers", 1) == "1 Schicht"
        assert counted("{n} hidden layer", "{n} hidden layers", 3) == "3 Schichten"
        assert text("Methods") == "Wie"
        assert text("Nothing of the sort") == "Nothing of the sort"
    assert text("Methods") == "Methods"


def test_a_language_ends_with_its_block_also_on_an_error(spoken):
    with pytest.raises(RuntimeError), speaking("xx", spoken):
        raise RuntimeError
    assert current_language() == "en"


def test_an_unknown_language_is_refused(spoken, small_run):
    with (
        pytest.raises(InputError, match="unknown language 'yy'; allowed: en, xx"),
        speaking("yy", spoken),
    ):
        pass
    with pytest.raises(InputError, match="unknown language"):
        write_report(small_run, language="de")


def test_numbers_do_not_depend_on_the_language(spoken, small_run):
    from paribus.reports.statistics.frames import results_of

    with speaking("xx", spoken):
        there = analyse(results_of(small_run))
    here = analyse(results_of(small_run))
    assert there.estimates == here.estimates
    assert there.verdict is here.verdict


def test_words_are_joined():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(iter(["a", "b", "c"])) == "a, b and c"
    assert sentences("One.", "", "Two.") == "One. Two."
