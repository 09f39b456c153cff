"""The quantities, all of them: add one here."""

from __future__ import annotations

from .above import Above
from .at import At
from .crossing import Crossing
from .difference import Difference
from .extremes import Maximum, Minimum
from .gap import Gap
from .mean_over_epochs import MeanOverEpochs
from .orders import Increasing, Ordering
from .quantity_function import QuantityFunction
from .ratio import Ratio
from .value import Value

QUANTITIES: dict[str, type[QuantityFunction]] = {
    cls.kind: cls
    for cls in (
        Value,
        At,
        Maximum,
        Minimum,
        MeanOverEpochs,
        Crossing,
        Gap,
        Difference,
        Ratio,
        Above,
        Increasing,
        Ordering,
    )
}
