"""StudyLuck in words: which draws arms share, and which vary with the replicate."""

from __future__ import annotations

from ...core.streams import Purpose
from ..statistics.pairing import Draw, StudyLuck
from .messages import listed, sentences, text


def draw_words(draw: Draw) -> str:
    """Name a source of luck that arms share."""
    return {
        Draw.DATA: text("data"),
        Draw.SPLIT: text("split"),
        Draw.INITIAL: text("initial draws"),
        Draw.INITIAL_OF_EQUAL_LAYERS: text("initial draws of equal layers"),
        Draw.ORDER: text("batch order"),
        Draw.CORRUPTIONS: text("draws of corrupted targets"),
        Draw.MASKS: text("dropout masks"),
        Draw.AUGMENTATIONS: text("draws of augmentations"),
        Draw.PRETRAINING: text("draws of pretraining"),
    }[draw]


def purpose_words(purpose: Purpose) -> str:
    """Name what draws are for."""
    known = {
        Purpose.INITIALISATION: text("initial draws"),
        Purpose.ORDER: text("batch order"),
        Purpose.MASKS: text("dropout masks"),
    }
    return known.get(purpose) or text(purpose.word)


def luck_words(luck: StudyLuck) -> str:
    """Say which draws vary with a study's replicates and which all of them share."""
    varied = text("Nothing varies with the replicate.")
    if luck.varied:
        draws = listed(map(purpose_words, luck.varied))
        varied = text("With the replicate vary {draws}.", draws=draws)
    if not luck.fixed:
        return varied
    fixed = [
        text("{draws} (integer {integer})", draws=purpose_words(purpose), integer=integer)
        for purpose, integer in luck.fixed
    ]
    same = text("The same in all replicates: {draws}.", draws=listed(fixed))
    return sentences(varied, same)
