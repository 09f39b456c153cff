"""StudyLuck in words: which draws arms share, and which vary with the replicate."""

from __future__ import annotations

from ...core.streams import Purpose
from ..statistics.pairing import Draw, StudyLuck
from .messages import counted, listed, sentences, text


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
    """Say which draws vary with a study's replicates, are crossed, or are the same in all."""
    parts = []
    if luck.varied:
        draws = listed(map(purpose_words, luck.varied))
        parts.append(text("What varies with the replicate: {draws}.", draws=draws))
    if luck.crossed:
        crossed = [
            counted(
                "{draws} ({n} level)", "{draws} ({n} levels)", levels, draws=purpose_words(purpose)
            )
            for purpose, levels in luck.crossed
        ]
        parts.append(
            text(
                "Crossed, every level of one with every level of the others: {draws}.",
                draws=listed(crossed),
            )
        )
    if luck.fixed:
        fixed = [
            text("{draws} (integer {integer})", draws=purpose_words(purpose), integer=integer)
            for purpose, integer in luck.fixed
        ]
        parts.append(text("The same in all replicates: {draws}.", draws=listed(fixed)))
    if not luck.varied and not luck.crossed:
        parts.insert(0, text("Nothing varies with the replicate."))
    return sentences(*parts)
