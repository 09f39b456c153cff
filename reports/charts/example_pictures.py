"""Examples that are images, as pictures."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.components import Array
from ...core.dataset import Dataset
from ...core.errors import InputError, ResourceError
from ...studies.data.loading import data_of
from ..statistics.analysis import Analysis
from .pixels import grey, png_uri
from .trainings import trial_of

WIDTH = 96


@dataclass(frozen=True)
class Pictures:
    """A data set of images, and its examples as pictures."""

    data: Dataset
    image: tuple[int, int]

    @property
    def aspect(self) -> float:
        """Height over width."""
        return self.image[0] / self.image[1]

    def uri(self, example: int) -> str:
        """Return an example as a picture, dark on white."""
        pixels: Array = self.data.raw[example].reshape(self.image)
        return png_uri(grey(pixels, self.data.divisor))

    def label(self, example: int) -> str:
        """Return the name of an example's class."""
        return self.data.classes[int(self.data.labels[example])]


def pictures_of(analysis: Analysis) -> Pictures | None:
    """Return the images that all arms learn, None if they are none, differ or cannot be had."""
    tasks = {arm.recipe.task for arm in analysis.study.arms}
    if len(tasks) > 1 or next(iter(tasks)).drawn:
        return None
    try:
        data = data_of(trial_of(analysis, analysis.results.baseline, 0))
    except (InputError, ResourceError, OSError):
        return None
    return Pictures(data, data.image) if data.image and data.classes else None
