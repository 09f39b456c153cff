"""A new member of a family is one class, or function, in one file: each is made up here and used.

The package is copied, one file of the copy grows by a member, and a study that names it is run to
its report. Whatever else would have to be changed would make its case fail. An answer takes two
files: what a study must have for it, and what a report says.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("core", "studies", "cluster", "reports", "commands", "__init__.py", "__main__.py")


@dataclass(frozen=True)
class Growth:
    """What is added: to which file, which code, before which text, and that text's replacement.

    ``also`` is a second file that a member needs, with a text and its replacement.
    """

    file: str
    code: str
    anchor: str
    instead: str
    recipe: str = ""
    top: str = ""
    bottom: str = ""
    also: tuple[str, str, str] | None = None
    check: str = "assert set(run.trials['status']) == {'ok'}"


def member(cls: str, base: str, kind: str, body: str) -> str:
    """Return the code of a component."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return (
        f"@dataclass(frozen=True)\nclass {cls}({base}):\n"
        f'    """Made up: x = x.\n\n    Source: nobody.\n    """\n\n'
        f'    kind: ClassVar[str] = "{kind}"\n{lines}\n\n\n'
    )


ACTIVATION = """
def apply(self, fields, z, out, scratch):
    np.multiply(z, z.dtype.type(0.5), out)
def derivative(self, fields, z, a, out, scratch):
    out.fill(0.5)
"""
IMPORTS = (
    "from dataclasses import dataclass\nfrom typing import ClassVar\nimport numpy as np\n"
    "from ..components import number\n"
)
GROWTHS = {
    "activation": Growth(
        "core/families/activations.py",
        member("Halved", "ActivationFunction", "halved", ACTIVATION),
        "Activation = (",
        "Activation = (\n    Halved |",
        'activation = "halved"',
    ),
    "loss": Growth(
        "core/families/losses.py",
        member(
            "Quartic",
            "ResidualLoss",
            "quartic",
            "def value(self, fields, r, spare):\n    np.power(r, 4, r)\n"
            "def slope(self, fields, r, spare):\n    np.multiply(np.power(r, 3), 4, r)",
        ),
        "Loss = (",
        "Loss = (\n    Quartic |",
        'loss = "quartic"',
        check="assert (run.trials['loss'] == 'quartic').all()",
    ),
    "link": Growth(
        "core/families/links.py",
        member(
            "Doubled",
            "LinkFunction",
            "doubled",
            "def apply(self, z, spare):\n    np.add(z, z, z)\n"
            "def through(self, output, gradient, spare):\n    np.add(gradient, gradient, gradient)",
        ),
        "Link = LinearLink",
        "Link = Doubled | LinearLink",
        'loss = { kind = "squared-error", link = "doubled" }',
    ),
    "optimiser": Growth(
        "core/families/optimisers.py",
        IMPORTS
        + "from .optimiser_function import OptimiserFunction\n"
        + member(
            "Signs",
            "OptimiserFunction",
            "signs",
            "learning_rate: float = number(0.001, above=0.0)\n"
            "def coefficients(self, fields, rate, step):\n    return (rate,)\n"
            "def update(self, theta, g, slots, c, scratch):\n"
            "    np.sign(g, g)\n    np.multiply(g, c[0], g)\n    np.subtract(theta, g, theta)",
        ),
        "Optimiser = (",
        "Optimiser = (\n    Signs |",
        'optimiser = "signs"',
    ),
    "regulariser": Growth(
        "core/families/regularisers.py",
        member(
            "Pull",
            "RegulariserFunction",
            "pull",
            "strength: float = number(0.1, at_least=0.0)\n"
            "def bind(self, stack):\n"
            "    weights = stack.arrays['parameters']\n"
            "    keep = stack.cast(1 - stack.fields['strength'], 1)\n"
            "    return Hooks(after_step=lambda spent: np.multiply(weights, keep, weights))",
        ),
        "Regulariser = (",
        "Regulariser = (\n    Pull |",
        "regularisers = { pull = { strength = 0.2 } }",
        check="assert (run.trials['pull_strength'] == 0.2).all()",
    ),
    "schedule": Growth(
        "core/families/schedules.py",
        member(
            "Alternating",
            "ScheduleFunction",
            "alternating",
            "def factor(self, fields, time, seen):\n"
            "    return np.full(1, 1.0 - 0.5 * (time.step % 2))",
        ),
        "Schedule = (",
        "Schedule = (\n    Alternating |",
        'schedule = "alternating"',
    ),
    "initialiser": Growth(
        "core/families/initialisers.py",
        member(
            "Rounded",
            "InitialiserFunction",
            "rounded",
            "def weights(self, draws):\n    return np.round(draws) * 0.1",
        ),
        "Initialiser = (",
        "Initialiser = (\n    Rounded |",
        'initialiser = "rounded"',
    ),
    "task": Growth(
        "studies/data/logic.py",
        member(
            "Corners",
            "TaskFunction",
            "corners",
            "drawn: ClassVar[bool] = False\n"
            "def dataset(self, seed, replicate):\n"
            "    x = np.tile([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], (100, 1))\n"
            "    return Dataset(x, one_hot((x.sum(axis=1) > 1).astype(int), 2), ('no', 'yes'))",
        ),
        "LogicTask = Gate",
        "LogicTask = Corners | Gate",
        'task = "corners"',
    ),
    "split": Growth(
        "studies/data/splits.py",
        member(
            "EverySecond",
            "SplitFunction",
            "every-second",
            "drawn: ClassVar[bool] = False\n"
            "def rows(self, data, seed, replicate, fold=0):\n"
            "    rows = np.arange(len(data.raw))\n"
            "    return Rows(rows[::2], rows[1::4], rows[3::4])",
        ),
        "Split = RandomSplit",
        "Split = EverySecond | RandomSplit",
        'split = "every-second"',
    ),
    "preparation": Growth(
        "studies/preparations/corruptions.py",
        member(
            "Shifted",
            "PreparationFunction",
            "shifted",
            "order: ClassVar[int] = 50\n"
            "def corrupt(self, y, data, train, seed, replicate):\n    return np.roll(y, 1, axis=1)",
        ),
        "Corruption = RandomLabels",
        "Corruption = Shifted | RandomLabels",
        "preparations = { shifted = {} }",
        check="assert (run.trials['validation_accuracy'] < 0.5).all()",
    ),
    "design": Growth(
        "studies/designs/designs.py",
        "from dataclasses import dataclass\nfrom typing import ClassVar\n"
        "from .design_function import Arm, DesignFunction, arms_of\n\n"
        "@dataclass(frozen=True)\nclass Ends(DesignFunction):\n"
        '    """The first and last level of every axis."""\n\n'
        '    kind: ClassVar[str] = "ends"\n'
        "    @property\n    def size(self):\n        return 2\n"
        "    def arms(self, base):\n"
        "        ends = [[(a.path, a.levels[i]) for a in self.axes] for i in (0, -1)]\n"
        '        return arms_of(base, ends, "design")\n\n\n',
        "Design = (",
        "Design = (\n    Ends |",
        top='[design]\nkind = "ends"\n[design.axes]\ndepth = [1, 2, 3]\nbias = [0.0, 0.1, 0.2]\n',
        check="assert len(run.study.arms) == 2 and set(run.trials['depth']) == {1, 3}",
    ),
    "metric": Growth(
        "studies/metrics/__init__.py",
        "def _gap(frames):\n"
        "    return frames['trials']['validation_loss'] - frames['trials']['train_loss']\n\n\n",
        "METRICS: dict[str, Metric] = {",
        "METRICS: dict[str, Metric] = {\n"
        '    "gap": Metric("gap", "gap of the losses", "linear", "lower", _gap, '
        '(("trials", "validation_loss"), ("trials", "train_loss"))),\n} | {',
        top='metric = "gap"\n',
        check="assert 'gap of the losses' in page",
    ),
    "measure": Growth(
        "core/measures/measures.py",
        "from dataclasses import dataclass\nfrom typing import ClassVar\nimport numpy as np\n"
        "from .measure_function import MeasureFunction\n\n"
        "@dataclass(frozen=True)\nclass Sizes(MeasureFunction):\n"
        '    """Made up: the largest parameter."""\n\n'
        '    kind: ClassVar[str] = "sizes"\n    table: ClassVar[str] = "sizes"\n'
        "    columns: ClassVar = {'largest': float}\n"
        "    def measure(self, view):\n"
        "        return {'largest': np.abs(view.parameters).max(axis=1, keepdims=True)}\n\n\n",
        "Measure = (",
        "Measure = (\n    Sizes |",
        top='measures = ["sizes"]\n',
        check="assert len(run.frame('sizes')) == 4 and (run.frame('sizes')['largest'] > 0).all()",
    ),
    "table column": Growth(
        "cluster/folder/trials_table.py",
        "",
        "RESULT = (",
        'RESULT = (\n    Column("weights", int, lambda t: t.architecture.weights),',
        check="assert (run.trials['weights'] < run.trials['parameters']).all()",
    ),
    "field of a recipe": Growth(
        "core/recipe.py",
        "",
        "    hidden: tuple[int, ...] = ",
        '    warmth: float = number(0.5, at_least=0.0, words="inner warmth", later=True)\n'
        "    hidden: tuple[int, ...] = ",
        "warmth = 0.25",
        top="[grid]\nwarmth = [0.25, 0.75]\n",
        check="""
assert set(run.trials["warmth"]) == {0.25, 0.75} and "inner warmth" in page
from paribus import ParibusClassifier, load_study
assert ParibusClassifier(warmth=0.1).get_params()["warmth"] == 0.1
from paribus.studies.files.component_table import setting_rows
assert "warmth" in {row.name for row in setting_rows()}
from paribus.core.errors import InputError
for wrong in ("warmth=-1", "warmth=warm", "warmht=1"):
    try:
        load_study("mine.toml", [wrong])
    except InputError as error:
        assert "warmth" in str(error), error
    else:
        raise AssertionError(wrong)
more = load_study("mine.toml", ["warmth=[0.25, 0.75, 1.0]"])
assert paribus.run(more, "results", workers=0).status().planned == 6
""",
    ),
    "chart": Growth(
        "reports/charts/__init__.py",
        "def _made_up(analysis):\n"
        "    import altair as alt\n    import pandas as pd\n"
        "    from ..language.messages import text\n"
        "    chart = alt.Chart(alt.NamedData('dots')).mark_point().encode(x='x:Q')\n"
        "    return Figure('made-up', text('Made up'), text('One dot.'), text('A dot.'), chart, "
        "{'dots': pd.DataFrame({'x': [1.0]})})\n\n\n",
        "CHARTS: dict[str, Chart] = {",
        "CHARTS: dict[str, Chart] = {\n    'made-up': _made_up,",
        check="assert 'id=\"made-up\"' in page and 'One dot.' in page",
    ),
    "report section": Growth(
        "reports/sections/__init__.py",
        "def _made_up(analysis):\n"
        "    from markupsafe import Markup\n"
        "    body = Markup('<section id=\"made-up\">Here.</section>')\n"
        "    return Section('made-up', 'Made up', body)\n\n\n",
        "BELOW: tuple[",
        "BELOW: tuple[",
        check="assert '<section id=\"made-up\">Here.' in page and 'href=\"#made-up\"' in page",
    ),
    "finding": Growth(
        "reports/findings/__init__.py",
        "from dataclasses import dataclass\nimport numpy as np\n"
        "from .finding_function import Look, TrialFinding\n\n\n"
        "@dataclass(frozen=True)\nclass MadeUp(TrialFinding):\n"
        "    code = 'made-up'\n    severity = 'note'\n    title = 'Made up'\n\n"
        "    def look(self, observed):\n"
        "        one = np.ones(len(observed.ids))\n"
        "        return Look('one', one, 0.5, one > 0)\n\n"
        "    def sentence(self, evidence):\n        return 'it is made up'\n\n\n",
        "FINDINGS: tuple[FindingFunction, ...] = (",
        "FINDINGS: tuple[FindingFunction, ...] = (\n    MadeUp(),",
        check="assert 'it is made up' in page",
    ),
    "answer": Growth(
        "studies/answers.py",
        '@dataclass(frozen=True)\nclass Shortest(AnswerKind):\n    """Shortest: a word."""\n\n'
        '    kind: ClassVar[str] = "shortest"\n\n\n',
        "Answer = Comparison",
        "Answer = Shortest | Comparison",
        top='answer = "shortest"\n',
        also=(
            "reports/answers/__init__.py",
            "ANSWERS: dict[str, Callable[[Analysis], Answer]] = {",
            "ANSWERS: dict[str, Callable[[Analysis], Answer]] = {\n"
            '    "shortest": lambda analysis: Answer("Indeed.", "Say no more.", ()),',
        ),
        check="assert 'Indeed.' in page and 'Say no more.' in page",
    ),
    "quantity": Growth(
        "studies/quantities/quantities.py",
        "from dataclasses import dataclass\n"
        "from .quantity_function import of_trials\n\n\n"
        "@dataclass(frozen=True)\nclass Twice(QuantityFunction):\n"
        "    kind = 'twice'\n    words = 'twice the {measure}'\n\n"
        "    def values(self, select):\n"
        "        return 2 * of_trials(self.measure, self.layer, select(()))\n\n\n",
        "QUANTITIES: dict[str, type[QuantityFunction]] = {",
        "QUANTITIES: dict[str, type[QuantityFunction]] = {\n    Twice.kind: Twice,\n} | {",
        bottom="[[expectation]]\nclaim = 'it doubles'\nmeasure = 'train_loss'\n"
        "quantity = 'twice'\npublished = 4.6\nsource = 'nobody'\narm = { depth = 1 }\n",
        check="assert 'twice the train' in page and 'it doubles' in page",
    ),
    "trust check": Growth(
        "reports/sections/trust.py",
        "def _made_up(analysis):\n    return Check('Made up', 'note', 'Nothing to see.')\n\n\n",
        "CHECKS: ",
        "CHECKS: ",
        check="assert 'Nothing to see.' in page",
    ),
}
RUN = """
import paribus
study = paribus.load_study("mine.toml")
run = paribus.run(study, "results", workers=0)
assert run.status().complete and run.status().failed == 0, run.trials["message"]
page = paribus.write_report(run).read_text(encoding="utf-8")
{check}
"""


def grown(tmp_path: Path, growth: Growth) -> Path:
    """Copy the package and let one file grow; return the folder to import it from."""
    package = tmp_path / "lib" / "paribus"
    package.mkdir(parents=True)
    for part in PARTS:
        source, target = ROOT / part, package / part
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target, copy_function=os.link, ignore=ignored)
        else:
            os.link(source, target)
    edits = [(growth.file, growth.anchor, growth.code + growth.instead)]
    for name, anchor, instead in edits + ([growth.also] if growth.also else []):
        file = package / name
        text = file.read_text(encoding="utf-8")
        assert text.count(anchor) == 1, anchor
        file.unlink()  # the copy is a link
        file.write_text(text.replace(anchor, instead), encoding="utf-8")
    return package.parent


def changed(lib: Path) -> list[str]:
    """Return which files of a copy differ from the package."""
    files = (p.relative_to(lib / "paribus") for p in lib.rglob("*") if p.is_file())
    return [str(p) for p in files if (ROOT / p).read_bytes() != (lib / "paribus" / p).read_bytes()]


def study_file(growth: Growth) -> str:
    """Return a study that names what was added."""
    split = '{ kind = "random", validation = 0.1, test = 0.1, train_examples = 200 }'
    recipe = {"task": '"digits"', "split": split, "hidden": "[5, 4]"}
    recipe |= {"epochs": "2", "batch_size": "50"}
    key, _, value = growth.recipe.partition(" = ")
    recipe |= {key: value} if key else {}
    lines = "\n".join(f"{name} = {text}" for name, text in recipe.items())
    top, tables = ("", growth.top) if growth.top.startswith("[") else (growth.top, "")
    return (
        f'name = "mine"\nquestion = "Does it work?"\nreplicates = 2\n{top}[recipe]\n{lines}\n'
        f"{tables or '[grid]' + chr(10) + 'depth = [1, 2]'}\n{growth.bottom}\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", GROWTHS)
def test_a_member_is_one_class_in_one_file(tmp_path, name):
    growth = GROWTHS[name]
    lib = grown(tmp_path, growth)
    if name in ("report section", "trust check"):
        file = lib / "paribus" / growth.file
        listed = {"report section": "    answer.section,\n", "trust check": "= (\n"}[name]
        text = file.read_text(encoding="utf-8")
        head, _, tail = text.rpartition(listed)
        file.write_text(f"{head}{listed}    _made_up,\n{tail}", encoding="utf-8")
    files = [growth.file, *([growth.also[0]] if growth.also else [])]
    assert sorted(changed(lib)) == sorted(files)
    (tmp_path / "mine.toml").write_text(study_file(growth))
    environment = os.environ | {"PYTHONPATH": str(lib), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN.format(check=growth.check)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_command_is_one_function_in_one_file(tmp_path):
    lib = grown(tmp_path, GROWTHS["table column"])
    (lib / "paribus" / "commands" / "greet.py").write_text(
        '"""``paribus greet``."""\nimport click\n\n\n@click.command()\ndef command():\n'
        '    """Greet."""\n    click.echo("hello")\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "paribus", "greet"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(lib)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("hello\n", 0)
