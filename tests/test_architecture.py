"""House rules that machines can keep."""

from __future__ import annotations

import ast
import doctest
import graphlib
import importlib
import pkgutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import paribus
import pytest
from command_line import process
from paribus.studies.catalogue import CHAPTERS

ROOT = Path(__file__).parents[1]
LAYERS = ["core", "studies", "cluster", "reports"]
SOURCES = [p for layer in LAYERS for p in sorted((ROOT / layer).rglob("*.py"))]
COMMANDS = sorted((ROOT / "commands").glob("*.py"))
DOORS = [ROOT / "__init__.py", ROOT / "__main__.py", *COMMANDS]
FILES = {
    ".".join(["paribus", *p.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__"): p
    for p in SOURCES + DOORS
}
"""Name of a module → its file."""


def imported(path: Path, nodes: Iterable[ast.AST]) -> set[str]:
    """Return the absolute names that statements import, relative ones resolved."""
    package = ["paribus", *path.relative_to(ROOT).parent.parts]
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            inside = {f"{module}.{alias.name}" for alias in node.names} & FILES.keys()
            names |= inside or {module}
    return names


def imports(path: Path) -> set[str]:
    """Return the names that a module imports anywhere."""
    return imported(path, ast.walk(ast.parse(path.read_text())))


def imports_at_once(path: Path) -> set[str]:
    """Return the names that are imported when a module is, not inside functions or for types."""

    def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
        for node in body:
            yield node
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                yield from statements(node.orelse)
            elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for part in ("body", "handlers", "orelse", "finalbody"):
                    yield from statements(getattr(node, part, []))

    return imported(path, statements(ast.parse(path.read_text()).body))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_one_way(path):
    own = LAYERS.index(path.relative_to(ROOT).parts[0])
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "paribus":
            assert len(parts) > 1, f"{path} imports a front door"
            assert parts[1] in LAYERS, f"{path} imports {name}"
            assert LAYERS.index(parts[1]) <= own, f"{path} imports {name}, against the direction"


@pytest.mark.parametrize("path", SOURCES + COMMANDS, ids=lambda p: str(p.relative_to(ROOT)))
def test_heavy_libraries_have_one_home(path):
    layer = path.relative_to(ROOT).parts[0]
    roots = {name.split(".")[0] for name in imports(path)}
    homes = {
        "dask": "cluster",
        "distributed": "cluster",
        "pyarrow": "cluster",
        "altair": "reports",
        "optuna": "studies",
        "jinja2": "reports",
        "vl_convert": "reports",
    }
    for library, home in homes.items():
        assert library not in roots or layer == home, f"{library} in {path}"
    if layer == "core":
        outside = roots - set(sys.stdlib_module_names) - {"paribus"}
        assert outside <= {"numpy", "scipy"}, f"{path} imports {outside}"


def test_no_module_is_named_after_nothing():
    names = {p.stem for p in SOURCES} | {p.parent.name for p in SOURCES}
    assert not names & {"utils", "helpers", "common", "misc", "base", "util"}


def test_modules_can_be_read_in_one_sitting():
    """A module has at most 300 lines, unless it only lists the members of a family."""

    def lists_members(path: Path) -> bool:
        listing = ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.Expr
        return all(isinstance(node, listing) for node in ast.parse(path.read_text()).body)

    long = {
        str(p.relative_to(ROOT)): lines
        for p in SOURCES + DOORS
        if (lines := len(p.read_text().splitlines())) > 300 and not lists_members(p)
    }
    assert not long


def test_no_two_files_import_each_other():
    graph = {name: imports_at_once(path) & FILES.keys() for name, path in FILES.items()}
    order = list(graphlib.TopologicalSorter(graph).static_order())  # raises on a circle
    assert len(order) == len(FILES) > 100
    assert order.index("paribus.core.components") < order.index("paribus.core.recipe")


def test_nobody_imports_a_front_door():
    for path in COMMANDS:
        assert not imports(path) & {"paribus", "paribus.__main__"}, path


@pytest.mark.parametrize("path", COMMANDS, ids=lambda p: p.stem)
def test_commands_are_light(path):
    allowed = {"paribus.core.errors", "paribus.core.wording", "paribus.studies.catalogue"}
    for name in imports_at_once(path) - allowed:
        root = name.split(".")[0]
        light = root in sys.stdlib_module_names or root == "click"
        assert light or name.startswith("paribus.commands."), f"{path} imports {name} at once"


def test_packages_listed_are_the_folders_present():
    listed = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    )
    present = {"paribus"} | {
        ".".join(("paribus", *p.parent.relative_to(ROOT).parts))
        for folder in [*LAYERS, "commands"]
        for p in (ROOT / folder).rglob("__init__.py")
    }
    chapters = {f"paribus.studies.catalogue.{chapter}" for chapter in CHAPTERS}  # hold no code
    translations = {
        ".".join(("paribus", *path.parent.relative_to(ROOT).parts))
        for path in (ROOT / "reports/language").glob("*/LC_MESSAGES/*.mo")
    }
    assert listed == present | chapters | translations


def modules() -> list[str]:
    return [
        name
        for _, name, _ in pkgutil.walk_packages(paribus.__path__, "paribus.")
        if name.split(".")[1] in [*LAYERS, "commands"]
    ]


@pytest.mark.parametrize("name", ["paribus", *modules()])
def test_examples_in_docstrings_hold(name):
    result = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert result.failed == 0


def test_public_names_resolve():
    assert all(getattr(paribus, name) is not None for name in paribus.__all__)
    assert set(dir(paribus)) == set(paribus.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = paribus.nothing


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import paribus", ["numpy", "pandas", "altair", "distributed", "pydantic"]),
        ("import paribus.cluster.work.perform", ["altair", "pandas", "sklearn", "jinja2"]),
        ("import paribus.core.engine.training", ["pandas", "pydantic", "scipy", "distributed"]),
        (
            "from paribus.__main__ import cli; cli(['components'], standalone_mode=False)",
            ["pandas", "altair", "distributed", "sklearn", "pyarrow", "scipy"],
        ),
    ],
)
def test_what_is_not_needed_is_not_loaded(code, absent):
    check = f"{code}\nimport sys\nprint([m for m in {absent!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def loaded(folder: Path, code: str, **environment: str) -> set[str]:
    """Return the packages that a process holds at its end, those of Python itself left out."""
    check = f"""{code}
import sys
packages = {{name.split(".")[0] for name in sys.modules}} - sys.stdlib_module_names
print(*packages, file=open("packages", "w"))"""
    done = process(folder, ["-c", check], **environment)
    assert done.returncode == 0, done.stderr
    return set((folder / "packages").read_text().split())


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("list", None),
        ("list --json", None),
        ("--help", None),
        ("run --help", None),
        ("", "paribus "),
        ("", "paribus run van"),
        ("", "paribus status "),
        ("", "paribus components act"),
    ],
)
def test_light_commands_load_nothing_but_click(tmp_path, words, completed):
    code = f"""import contextlib, sys
from paribus.__main__ import main
sys.argv = ["paribus", *{words.split()!r}]
with contextlib.suppress(SystemExit):
    main()"""
    environment = (
        {}
        if completed is None
        else {
            "_PARIBUS_COMPLETE": "bash_complete",
            "COMP_WORDS": completed,
            "COMP_CWORD": str(completed.count(" ")),
        }
    )
    allowed = loaded(tmp_path, "import click") | {"paribus"}
    assert loaded(tmp_path, code, **environment) <= allowed


def test_status_of_a_run_is_told_without_numpy_arrow_or_pydantic(small_run, tmp_path):
    code = f"""from paribus.__main__ import cli
cli(["status", {str(small_run.path)!r}], standalone_mode=False)"""
    allowed = loaded(tmp_path, "import click, tempfile") | {"paribus"}
    assert loaded(tmp_path, code) <= allowed


def test_no_pickle_is_read_and_no_text_is_evaluated():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                forbidden = {"eval", "exec", "pickle.load", "pickle.loads"}
                if path == ROOT / "core" / "families" / "sources.py":
                    forbidden.remove("exec")  # the one place where a user's function is executed
                assert called not in forbidden, path
                if called == "np.load":
                    given = {k.arg: ast.unparse(k.value) for k in node.keywords}
                    assert given.get("allow_pickle") == "False", path
