"""The door of the command line: which commands there are, how they end, and completion."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from command_line import paribus, process
from paribus import commands
from paribus.__main__ import cli
from paribus.studies.catalogue import entries

NAMES = [
    "components",
    "data",
    "doctor",
    "examples",
    "export",
    "findings",
    "gallery",
    "list",
    "plan",
    "predict",
    "report",
    "run",
    "show",
    "status",
    "trials",
]


def test_every_command_has_a_line_of_help(tmp_path):
    assert cli.list_commands(click.Context(cli)) == NAMES
    text = paribus(tmp_path, "--help").stdout.partition("Commands:\n")[2]
    lines = [line.split(maxsplit=1) for line in text.splitlines()]
    assert [name for name, _ in lines] == NAMES
    for name in NAMES:
        assert f"Usage: paribus {name}" in paribus(tmp_path, name, "--help").stdout


def test_a_module_beside_the_others_is_a_command(tmp_path, monkeypatch):
    (tmp_path / "greet.py").write_text(
        '"""A made-up command."""\n'
        "import click\n"
        "@click.command()\n"
        "@click.argument('who')\n"
        "def command(who):\n"
        '    """Greet somebody."""\n'
        "    click.echo(f'hello {who}')\n"
    )
    (tmp_path / "manners.py").write_text("POLITE = True\n")
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "paribus.commands.greet", raising=False)
    assert paribus(tmp_path, "greet", "you").stdout == "hello you\n"
    told = paribus(tmp_path, "--help").stdout
    assert "greet       Greet somebody." in told
    assert "manners" not in told
    assert "No such command" in paribus(tmp_path, "manners").stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["rum"], "No such command 'rum'"),
        (["arguments"], "No such command 'arguments'"),
        (["list.py"], "No such command 'list.py'"),
        (["run"], "Missing argument 'STUDY'"),
        (["run", "vanishing-gradient", "--workers", "-1"], "--workers"),
        (["list", "--jason"], "--json"),
    ],
)
def test_words_that_make_no_command_exit_2(tmp_path, words, told):
    done = paribus(tmp_path, *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""


def test_a_mistake_in_a_process_of_its_own(tmp_path):
    done = process(tmp_path, ["-m", "paribus", "show", "vanishing-gradint"])
    done.refused("did you mean 'vanishing-gradient'?")


def test_a_reader_that_leaves_early_sees_no_traceback(tmp_path):
    writer = subprocess.Popen(
        [sys.executable, "-m", "paribus", "list"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        text=True,
    )
    writer.stdout.close()
    assert "Traceback" not in writer.stderr.read()
    writer.stderr.close()
    assert writer.wait() == 1


def completions(folder: Path, *words: str) -> list[str]:
    """Return what the last word may become, as bash is told."""
    done = paribus(
        folder,
        _PARIBUS_COMPLETE="bash_complete",
        COMP_WORDS=" ".join(["paribus", *words]),
        COMP_CWORD=str(len(words)),
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_words_are_completed(tmp_path):
    for name in ("small", "smaller"):
        (tmp_path / "results" / name).mkdir(parents=True)
        (tmp_path / "results" / name / "study.toml").touch()
    (tmp_path / "results/empty").mkdir()
    (tmp_path / "other/mine").mkdir(parents=True)
    (tmp_path / "other/mine/study.toml").touch()
    assert completions(tmp_path, "pl") == ["plain,plan"]
    assert completions(tmp_path, "run", "--wor") == ["plain,--workers"]
    assert completions(tmp_path, "data", "f") == ["plain,fetch"]
    assert completions(tmp_path, "components", "norm") == ["plain,normaliser"]
    for command in ("show", "plan", "run"):
        assert completions(tmp_path, command, "vanishing-g") == ["plain,vanishing-gradient"]
        assert completions(tmp_path, command, "my-") == ["file,my-"]
    for command in ("status", "report", "trials", "export"):
        assert completions(tmp_path, command, "sm") == ["plain,small", "plain,smaller"]
        assert completions(tmp_path, command, "--results", "other", "m") == ["plain,mine"]
        assert completions(tmp_path, command, "elsewhere/") == ["dir,elsewhere/"]
    assert completions(tmp_path, "status", "--results", "oth") == ["dir,oth"]
    assert completions(tmp_path, "predict", "mod") == ["file,mod"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_line_of_the_readme_completes_in_bash(tmp_path):
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    [line] = re.findall(r'`(eval "\$\(_PARIBUS_COMPLETE=.*?)`', readme)
    script = tmp_path / "paribus"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m paribus "$@"\n')
    script.chmod(0o755)
    asked = (
        f"{line}\nCOMP_WORDS=(paribus show ''); COMP_CWORD=2\n"
        '_paribus_completion paribus "" show; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", asked],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == list(entries())
