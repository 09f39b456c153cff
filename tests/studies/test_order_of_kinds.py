"""A level of one of several regularisers is the same setting in whatever order they were put."""

from __future__ import annotations

from paribus.studies.files.drafts import Draft, default_recipe


def test_putting_a_level_again_leaves_the_recipe_as_it_is():
    draft = Draft(default_recipe())
    draft.put("regularisers.l2.strength", 0.25, "recipe")
    draft.put("regularisers.input-noise.std", 0.5, "recipe")
    together = draft.fields.regularisers
    for path, value in (("regularisers.l2.strength", 0.25), ("regularisers.input-noise.std", 0.5)):
        draft.put(path, value, "recipe")
        assert draft.fields.regularisers == together
