from __future__ import annotations

import re
from pathlib import Path

import pytest
from paribus.core.components import members
from paribus.core.errors import InputError
from paribus.core.measures.measures import Measure
from paribus.studies.files.component_table import component_table, page, selected, text
from paribus.studies.files.schema import FAMILIES, member_of

ROWS = [(family, row) for family, rows in component_table().items() for row in rows]
IDS = [f"{family}-{row.kind}" for family, row in ROWS]
NAMED = {**FAMILIES, "measures": Measure}
BY_RULE = ("task", "split", "preparations", "measures")
"""Families whose members may be told by a rule, as of drawing or dividing, without a formula."""
SIGNS = re.compile(r"[=←↦~∝≥]|f\(z\)|gain·")


def test_every_member_of_every_family_is_there_in_the_order_of_its_union():
    assert {family: [row.kind for row in rows] for family, rows in component_table().items()} == {
        family: list(members(union)) for family, union in NAMED.items()
    }


@pytest.mark.parametrize(("family", "row"), ROWS, ids=IDS)
def test_every_member_has_a_formula_and_a_source(family, row):
    assert row.summary.endswith(".")
    assert row.formula
    assert row.summary.endswith(row.formula)
    assert re.fullmatch(r".+\.", row.source), "the docstring must end with 'Source: ….'"
    assert "Source:" not in row.remarks
    if family in BY_RULE:
        assert len(row.formula.split()) >= 4
    else:
        assert SIGNS.search(row.formula), row.formula
        assert re.search(r"\d{4}|notes|user's|common practice", row.source), row.source


@pytest.mark.parametrize(("family", "row"), ROWS, ids=IDS)
def test_fields_are_those_that_a_table_takes_and_defaults_are_allowed(family, row):
    table = {field.name: field.default for field in row.fields}
    given = member_of(NAMED[family], family, {"kind": row.kind, **table}, "here")
    assert given == member_of(NAMED[family], family, row.kind, "here")
    assert all(field.range for field in row.fields)


def test_a_field_is_told_as_it_is_declared():
    (_, adam) = next(item for item in ROWS if item[1].kind == "adam")
    assert adam.fields[1] == ("beta1", "float", 0.9, "≥ 0 and < 1")
    (_, loss) = next(item for item in ROWS if item[1].kind == "squared-error")
    assert loss.fields[1] == ("factor", "str", "half", "'half' or 'one'")
    (_, dropout) = next(item for item in ROWS if item[1].kind == "dropout")
    assert dropout.fields[1] == ("per_layer", "tuple[float, ...]", [], "each ≥ 0 and ≤ 1")


def test_a_family_or_a_kind_is_chosen_and_another_name_refused_with_the_nearest():
    table = component_table()
    assert list(selected(table, "normaliser")) == ["normaliser"]
    chosen = selected(table, "constant")
    assert list(chosen) == ["initialiser", "schedule", "momentum_schedule"]
    assert {row.kind for rows in chosen.values() for row in rows} == {"constant"}
    for name, nearest in (("wram-up", "warm-up"), ("optimizer", "optimiser")):
        with pytest.raises(InputError, match=f"did you mean '{nearest}'"):
            selected(table, name)
    with pytest.raises(InputError, match=r"families: task, .*pretraining, measures$"):
        selected(table, "")


def test_the_text_fits_80_columns_and_says_which_families_may_be_absent():
    lines = list(text())
    assert max(map(len, lines)) <= 80
    heads = [line for line in lines if line and not line.startswith(" ")]
    assert [head.split()[0] for head in heads] == [*NAMED, "settings"]
    assert "normaliser (or none)" in heads
    assert "measures (any number of kinds, or none)" in heads
    assert "activation" in heads
    assert "    - batch_size = 32: ≥ 1, or 'full'" in lines
    told = "\n".join(text("max-norm"))
    assert "limit = 3: number > 0" in told
    assert "depth" not in told


def test_the_reference_page_is_what_the_code_says_now():
    written = Path(__file__).parents[3] / "docs" / "components.md"
    assert written.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_the_reference_page_names_every_kind_and_leaves_no_sign_to_markdown():
    headings = [line for line in page().splitlines() if line.startswith("### ")]
    assert headings == [f"### {row.kind}" for _, row in ROWS]
    for line in page().splitlines():
        if line.startswith("| `"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 4
