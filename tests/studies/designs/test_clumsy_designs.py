"""What a clumsy user writes into a design is refused in one line that names it."""

import pytest
from paribus.core.components import members
from paribus.core.errors import InputError
from paribus.studies.designs.designs import Design, design_from
from paribus.studies.files.study_files import load_study, study_from

KINDS = sorted(members(Design))
RANGE = {"low": 0.01, "high": 1.0, "scale": "log", "role": "nuisance"}
SETTINGS = {
    "fork": {"at": 2},
    "search": {"sampler": "gp"},
    "fractional-factorial": {"resolution": 3},
}


def mistakes(kind: str, axes: dict, **settings: object) -> tuple[str, ...]:
    """Return what is said of a study with this design."""
    design = {"kind": kind, "axes": axes, **SETTINGS.get(kind, {}), **settings}
    with pytest.raises(InputError) as refused:
        study_from({"question": "?", "metric": "test_loss", "design": design}, "x")
    return refused.value.messages


@pytest.mark.parametrize("kind", KINDS)
def test_a_misspelt_axis_is_named_by_every_design(kind):
    (message,) = mistakes(kind, {"activaton": ["tanh", "relu"]})
    assert "unknown key 'activaton'" in message
    assert message.endswith("did you mean 'activation'?")


@pytest.mark.parametrize("kind", KINDS)
def test_a_misspelt_level_is_named_whatever_a_design_draws(kind):
    axes = {
        "initialiser": ["xavier", "hee"],
        "batch_size": [16, 64],
        "bias_std": [0.1, 1.0],
        "optimiser.learning_rate": RANGE if kind == "tuned" else [0.01, 0.1],
    }
    (message,) = mistakes(kind, axes)
    assert "axes.initialiser: unknown initialiser 'hee'" in message.replace("grid.", "axes.")


def test_a_level_that_depends_on_another_axis_is_judged_with_the_arms():
    axes = {
        "optimiser.kind": ["sgd", "momentum"],
        "optimiser.momentum": {"levels": [0.5], "when": {"optimiser.kind": "momentum"}},
    }
    study = study_from({"question": "?", "grid": axes}, "x")
    assert len(study.arms) == 2


def test_numbers_of_things_are_in_the_singular_where_there_is_one():
    assert "has 1 level; " in mistakes("ablation", {"width": [4]})[0]
    assert "more than 1 recipe, " in mistakes("random", {"width": [4]}, samples=2)[0]


def test_a_sample_of_nothing_is_said_to_be_one():
    exclude = [{"width": [4, 8]}]
    for kind in ("random", "sobol"):
        (message,) = mistakes(kind, {"width": [4, 8]}, samples=1, exclude=exclude)
        assert message == "design.exclude leaves no recipe to sample"


def test_a_fork_at_the_end_would_be_its_twin():
    (message,) = mistakes("fork", {"optimiser.learning_rate": [0.5]}, at=20)
    assert message.endswith("it trains 20 epochs, which leaves none after the fork")
    longer = {"kind": "fork", "at": 20, "axes": {"epochs": [30]}}
    assert len(design_from({"design": longer}).arms(study_from({"question": "?"}, "x").recipe)) == 2


def test_settings_reach_the_axes_of_a_design(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(
        'question = "?"\n[design]\nkind = "one-at-a-time"\n[design.axes]\nwidth = [4]\n'
    )
    study = load_study(str(path), ["design.axes.width=[4, 5, 6]"])
    assert len(study.arms) == 4
