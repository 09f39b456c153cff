from __future__ import annotations

from xml.etree import ElementTree

import pytest
from command_line import paribus
from hypothesis import given
from hypothesis import strategies as st
from paribus.reports.language.prose import prose, unformatted
from paribus.studies.catalogue import entries
from paribus.studies.mathematics import mistakes, plain

PLAIN = {
    r"$\frac{\partial C}{\partial b^{(l)}_j}$": "∂C/∂bⱼ^(l)",
    r"$W \sim \mathcal{N}(0, 1/n)$": "W ∼ 𝒩(0, 1/n)",
    r"$\frac{1}{2n} \sum_{i=1}^{n} x_i$": "1/(2n)∑_(i=1)ⁿ xᵢ",
    r"$\frac{a+b}{c}$": "(a + b)/c",
    r"$\sqrt{2/n_\mathrm{in}}$": "√(2/nᵢₙ)",
    r"$w \to w - \eta \nabla C$": "w → w − η∇C",
    r"$-1 \times 10^{-3}$": "−1 × 10⁻³",
    r"$\hat{y} = \sigma'(z)$": "ŷ = σ′(z)",
    r"$\log_{10} \|x\|$": "log₁₀‖x‖",
    r"$\begin{pmatrix} a & b \\ c & d \end{pmatrix}$": "(a, b; c, d)",
}


@pytest.mark.parametrize(("latex", "letters"), PLAIN.items())
def test_a_formula_reads_in_plain_letters(latex, letters):
    assert plain(latex) == letters


@pytest.mark.parametrize("words", ["$5 and $6", "a $ b", "$", "1 $x$2", "", "$ x $"])
def test_dollars_that_are_no_formula_stay(words):
    assert plain(words) == words
    assert "<math" not in prose(words)


@pytest.mark.parametrize(
    ("latex", "told"),
    [
        (r"$\foo x$", r"explanation: the formula $\foo x$ has an unknown command, \foo"),
        ("$x}$", "explanation: the formula $x}$ has a brace without its partner"),
        ("${x$", "explanation: the formula ${x$ has a brace without its partner"),
        (r"$\frac{1}$", r"explanation: the formula $\frac{1}$ lacks an argument"),
        (r"$\left( x$", r"explanation: the formula $\left( x$ cannot be read"),
        ("$x^$", "explanation: the formula $x^$ cannot be read"),
    ],
)
def test_a_wrong_formula_is_refused_when_a_study_is_loaded(tmp_path, latex, told):
    file = tmp_path / "s.toml"
    file.write_text(f"question = \"?\"\nexplanation = '''About {latex} and more.'''\n")
    paribus(tmp_path, "show", "s.toml").refused(told)
    assert prose(latex) == latex  # a page that meets one all the same shows it as it is
    assert unformatted(latex) == latex


def test_show_prints_formulas_in_plain_letters(tmp_path):
    (tmp_path / "s.toml").write_text('question = "Is $\\\\chi_1 \\\\le 1$?"\n')
    assert paribus(tmp_path, "show", "s.toml").stdout.startswith("Is χ₁ ≤ 1?\n")


def test_a_formula_carries_no_markup_and_no_link():
    hostile = r"$\text{<script>} \href{javascript:alert(1)}{x} < & \style{color:red}{y}$ <b>"
    shown = str(prose(hostile))
    assert "<script" not in shown
    assert "<b>" not in shown
    assert "href=" not in shown
    assert "style=" not in shown


@given(st.text(alphabet=r"\${}^_&<>ab1 +()'" + '"', max_size=20))
def test_any_text_becomes_well_formed_markup(words):
    ElementTree.fromstring(f"<p>{prose(words)}</p>")


@pytest.mark.parametrize("name", entries())
def test_the_formulas_of_the_catalogue_are_right(name):
    entry = entries()[name]
    texts = {"explanation": entry.explanation, "question": entry.question, "source": entry.source}
    assert mistakes(**texts) == []
