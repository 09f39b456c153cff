from __future__ import annotations

import hashlib
import urllib.request
from pathlib import Path

import pytest
from paribus.cluster.launch.running import run_study
from paribus.core.errors import InputError, ResourceError
from paribus.studies.data.images import Mnist
from paribus.studies.files.fallback import fallback_of, missing, with_data
from paribus.studies.files.study_files import load_study, read_table, study_from
from small import small_study

SHORT = ["epochs=1", "replicates=1", "width=3"]


@pytest.fixture
def _offline(monkeypatch, tmp_path):
    monkeypatch.setenv("PARIBUS_OFFLINE", "1")
    monkeypatch.setenv("PARIBUS_DATA", str(tmp_path))


def file(folder: Path, fallback: str) -> str:
    path = folder / "mine.toml"
    path.write_text(f'question = "Why?"\n[recipe]\ntask = "mnist"\n{fallback}')
    return str(path)


def test_reading_a_study_never_asks_the_network(monkeypatch, tmp_path):
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(urllib.request, "urlopen", refused)
    monkeypatch.delenv("PARIBUS_OFFLINE", raising=False)
    monkeypatch.setenv("PARIBUS_DATA", str(tmp_path))
    study = load_study("overfitting")
    assert study.recipe.task.kind == "mnist"
    assert missing(study) == [Mnist.collection]
    assert missing(small_study()) == []


@pytest.mark.usefixtures("_offline")
def test_the_overfitting_study_falls_back_to_digits_and_says_so():
    study = load_study("overfitting")
    fallen = with_data(study)
    assert fallen == fallback_of(study)
    assert fallen.recipe.task.kind == "digits"
    assert "MNIST was not found" in fallen.note
    assert fallen.expectations == ()
    assert "1,000" not in fallen.explanation  # what is said is true of the digits, too
    assert "24,000" not in fallen.explanation
    assert with_data(fallen) is fallen
    assert "fallback" in read_table("overfitting")[0]
    assert study_from(study.to_table(), "overfitting") == study


@pytest.mark.usefixtures("_offline")
def test_what_the_user_set_wins_over_the_fallback():
    study = with_data(load_study("overfitting", ["epochs=5", "split.train_examples=50"]))
    assert study.recipe.epochs == 5
    assert study.recipe.split.kind == "random"
    assert study.recipe.split.train_examples == 50
    other = load_study("overfitting", ["task=fashion-mnist"])
    assert fallback_of(other).recipe.task.kind == "fashion-mnist"


@pytest.mark.usefixtures("_offline")
def test_a_study_without_a_fallback_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(ResourceError, match=r"MNIST is not on this machine.*PARIBUS_OFFLINE"):
        with_data(load_study(file(tmp_path, "")))


@pytest.mark.usefixtures("_offline")
def test_running_in_python_falls_back(tmp_path):
    run = run_study(load_study("overfitting", SHORT), tmp_path, workers=0)
    assert run.study.recipe.task.kind == "digits"
    assert "MNIST was not found" in run.study.note


def test_data_that_are_fetched_are_not_missing(monkeypatch, tmp_path):
    """The published file, from a mirror of the test's own."""
    tiny = Mnist.collection.__class__(
        "Tiny", "tiny", (f"{tmp_path.as_uri()}/",), {"a.gz": hashlib.sha256(b"a").hexdigest()}
    )
    (tmp_path / "a.gz").write_bytes(b"a")
    monkeypatch.setattr(Mnist, "collection", tiny)
    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    monkeypatch.delenv("PARIBUS_OFFLINE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    study = load_study("overfitting")
    assert missing(study) == [tiny]
    assert with_data(study) is study
    assert missing(study) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[fallback]\ntsk = "digits"', "fallback: unknown key 'tsk'.*did you mean 'task'"),
        ("[fallback]\nnote = 3", "fallback.note = 3 must be text"),
    ],
)
def test_a_wrong_fallback_is_refused_when_it_is_read(tmp_path, text, told):
    with pytest.raises(InputError, match=told):
        load_study(file(tmp_path, text))
