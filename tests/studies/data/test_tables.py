from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from paribus.core.dataset import Dataset
from paribus.core.errors import InputError
from paribus.studies.data.own_table import Table
from paribus.studies.data.tables import BreastCancer, Diabetes, Wine
from paribus.studies.data.tasks import dataset, finite


def test_the_embedded_tables_are_the_published_ones():
    cancer, wine, diabetes = (dataset(t, 0, 0) for t in (BreastCancer(), Wine(), Diabetes()))
    assert cancer.raw.shape == (569, 30)
    assert dict(zip(cancer.classes, cancer.y.sum(axis=0), strict=True)) == {
        "malignant": 212,
        "benign": 357,
    }
    assert wine.raw.shape == (178, 13)
    assert wine.y.sum(axis=0).tolist() == [59, 71, 48]
    assert diabetes.raw.shape == (442, 10)
    assert (diabetes.y.min(), diabetes.y.max()) == (25.0, 346.0)
    assert diabetes.y.mean() == pytest.approx(152.133, abs=1e-3)
    assert diabetes.names[0] == "age"
    assert not diabetes.classes
    assert diabetes.raw[:, 0].max() == 79.0  # as recorded, not scaled


def test_a_users_table_of_numbers(tmp_path):
    """In the form of the Californian house prices: eight measures and a price."""
    rng = np.random.default_rng(0)
    rows = np.round(rng.gamma(2.0, [2, 15, 3, 1, 700, 2, 20, 60], (300, 8)), 4)
    price = np.round(0.4 * rows[:, 0] + 0.01 * rows[:, 1], 3)
    header = "MedInc,HouseAge,AveRooms,AveBedrms,Population,AveOccup,Latitude,Longitude,MedHouseVal"
    path = tmp_path / "houses.csv"
    np.savetxt(path, np.c_[rows, price], "%.4f", ",", header=header, comments="")
    task = Table(str(path), target="MedHouseVal", predict="number")
    data = dataset(task, 0, 0)
    assert np.array_equal(data.raw, rows)
    assert np.array_equal(data.y[:, 0], price)
    assert data.classes == ()
    assert data.names == tuple(header.split(","))
    with pytest.raises(InputError, match="did you mean 'MedHouseVal'"):
        dataset(dataclasses.replace(task, target="MedHouseValue"), 0, 0)


def test_numbers_that_are_not_finite_are_refused_with_row_and_column():
    x, y = np.ones((4, 2)), np.ones((4, 1))
    x[2, 1] = np.nan
    with pytest.raises(InputError, match="here: row 3, column 'b' is missing or not finite"):
        finite(Dataset(x, y, names=("a", "b", "c")), "here")
    with pytest.raises(InputError, match="here: row 3, column 'input 2'"):
        finite(Dataset(x, y), "here")
    y[1, 0] = np.inf
    with pytest.raises(InputError, match="row 2, column 'target 1'"):
        finite(Dataset(np.ones((4, 2)), y), "here")
    with pytest.raises(InputError, match="row 2, column 'c'"):
        finite(Dataset(np.ones((4, 2)), y, names=("a", "b", "c")), "here")
    good = Dataset(np.ones((4, 2), np.uint8), np.ones((4, 1)))
    assert finite(good, "here") is good
