"""``paribus show``."""

from __future__ import annotations

import click

from ..core.wording import counted
from ..studies.catalogue import entries
from .arguments import full_option, json_option, named_study, settings_option, study_argument
from .printing import print_json, print_result


@click.command()
@study_argument
@settings_option
@full_option
@json_option
def command(study: str, settings: tuple[str, ...], full: bool, as_json: bool) -> None:
    """Explain a study: its question, what it varies, its recipe."""
    from ..studies.mathematics import plain

    entry = entries().get(study)
    if entry is not None and entry.exhibit:
        texts = {"question": entry.question, "explanation": entry.explanation}
        texts |= {"source": entry.source, "exhibit": entry.exhibit}
        if as_json:
            print_json(texts)
        else:
            words = (texts[key] for key in ("question", "explanation", "source"))
            print_result("\n\n".join(map(plain, words)))
        return
    import tomli_w

    from ..reports.language.luck import luck_words
    from ..reports.statistics.pairing import luck_of

    loaded = named_study(study, settings, full=full)
    table = loaded.to_table()
    if as_json:
        print_json(table)
        return
    source = f"Source: {loaded.source}" if loaded.source else ""
    for paragraph in filter(None, (loaded.question, loaded.explanation, source)):
        print_result(f"{plain(paragraph)}\n")
    folds = f" × {counted(loaded.folds, 'fold')}" if loaded.folds > 1 else ""
    extent = (
        f"{counted(len(loaded.arms), 'arm')} × {counted(loaded.replicates, 'replicate')}{folds}"
    )
    if loaded.design.adaptive:
        most = counted(loaded.design.most(loaded.replicates), "trial")
        extent = f"up to {most}{folds} in rounds that depend on results"
    print_result(f"{extent}; primary metric: {loaded.primary.words}")
    print_result(f"Luck: {luck_words(luck_of(loaded))}\n")
    kept = ("replicates", "seed", "luck", "metric", "margin", "probe", "recipe")
    print_result(tomli_w.dumps({key: table[key] for key in kept} | loaded.design.to_table()))
