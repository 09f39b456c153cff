from __future__ import annotations

import json

import pytest
from command_line import paribus
from paribus.commands.components import family_names
from paribus.studies.files.component_table import component_table


def test_components_are_listed_for_people_and_for_scripts(tmp_path):
    told = paribus(tmp_path, "components", "leaky-relu").stdout
    assert "f(z) = max(0, z) + slope·min(0, z)" in told
    assert "- slope = 0.01: number ≥ 0" in told
    table = json.loads(paribus(tmp_path, "components", "normaliser", "--json").stdout)
    assert list(table) == ["normaliser"]
    assert [row["kind"] for row in table["normaliser"]] == ["batch-norm", "layer-norm"]
    for row in table["normaliser"]:
        assert list(row) == ["kind", "fields", "formula", "source", "summary"]
        assert {tuple(field) for field in row["fields"]} == {("name", "type", "default", "range")}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["actvation"], "did you mean 'activation'?"),
        (["--json", "rellu"], "did you mean 'relu'?"),
    ],
)
def test_a_misspelt_name(tmp_path, words, told):
    paribus(tmp_path, "components", *words).refused(told)


def test_families_are_known_without_importing_them():
    assert set(family_names()) == set(component_table())
