"""Model files: a trained network as an ``.npz`` file of plain arrays and one JSON text, no pickle.

Its arrays are ``parameters``, ``statistics``, the scales of inputs and targets, and ``model``, a
text that holds everything else and the SHA-256 of the whole, so that damage is told from a model.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..component_json import from_json, to_json
from ..components import Array
from ..engine.architecture import Architecture
from ..errors import InputError
from ..families.activations import Activation, UserFunction
from ..families.losses import Loss
from ..families.normalisers import Normaliser
from ..families.residual import Residual
from ..files import write_whole
from .model import Model
from .scales import Inputs, Targets

FORMAT = 1
"""Raised whenever a file could not be read by what read the former ones."""
ARRAYS = (
    "parameters",
    "statistics",
    "input_mean",
    "input_scale",
    "target_mean",
    "target_scale",
)


def save_model(model: Model, path: str | Path) -> None:
    """Write a model to a file, whole or not at all; the same model gives the same bytes."""
    architecture = model.architecture
    inputs, targets = model.inputs, model.targets
    scales = (inputs.mean, inputs.scale, targets.mean, targets.scale)
    arrays = dict(zip(ARRAYS, (model.parameters, model.statistics, *scales), strict=True))
    table = {
        "format": FORMAT,
        "sizes": architecture.sizes,
        "activation": architecture.activation,
        "normaliser": architecture.normaliser,
        "residual": architecture.residual,
        "loss": model.loss,
        "columns": inputs.columns,
        "divisor": inputs.divisor,
        "names": inputs.names,
        "classes": targets.classes,
        "about": model.about,
    }
    table["sha256"] = digest(arrays, table)
    buffer = io.BytesIO()
    text = json.dumps(to_json(table), ensure_ascii=False, allow_nan=False)
    np.savez(buffer, allow_pickle=False, model=np.array(text), **arrays)
    write_whole(Path(path), buffer.getvalue())


def digest(arrays: Mapping[str, Array], table: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a model's arrays and of its table but for the digest itself."""
    sha = hashlib.sha256()
    rest = {key: value for key, value in table.items() if key != "sha256"}
    sha.update(json.dumps(to_json(rest), sort_keys=True).encode())
    for name in ARRAYS:
        array = np.ascontiguousarray(arrays[name])
        sha.update(f"{name} {array.dtype.str} {array.shape}".encode())
        sha.update(array.data)
    return sha.hexdigest()


def load_model(path: str | Path) -> Model:
    """Read a model from a file.

    Where its activation is a function of a user's file, that file must be there, as seen from the
    current folder, with the content that the model was trained with; it is executed when the model
    predicts.

    Raises
    ------
    InputError
        If the file cannot be read, is damaged or no model, or the activation's file is missing.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} is not a file (relative paths start at {Path.cwd()})")
    try:
        arrays, table = _read(path)
    except _DAMAGE as error:
        damage = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise InputError(f"{path} is damaged or no model of paribus ({damage})") from None
    if table.get("format") != FORMAT:
        raise InputError(
            f"{path} has format {table.get('format')!r}; this paribus reads format {FORMAT}"
        )
    if table.get("sha256") != digest(arrays, table):
        raise InputError(f"{path} is damaged: its content is not what was written")
    try:
        return _model(arrays, table)
    except InputError as error:
        raise InputError(*(f"{path}: {message}" for message in error.messages)) from None
    except _DAMAGE as error:
        damage = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise InputError(f"{path} is no model of paribus ({damage})") from None


_DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a damaged file may raise."""


def _read(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return the arrays and the table of a file."""
    if not zipfile.is_zipfile(path):
        raise ValueError("it is no .npz file")
    with np.load(path, allow_pickle=False) as file:
        table = json.loads(str(file["model"]))
        arrays = {name: file[name] for name in ARRAYS}
    if not isinstance(table, dict):
        raise TypeError("its text is no table")
    return arrays, table


def _model(arrays: Mapping[str, Array], table: Mapping[str, Any]) -> Model:
    def part(family: Any, name: str) -> Any:
        return None if table[name] is None else from_json(family, table[name])

    activation = from_json(Activation, table["activation"])
    if isinstance(activation, UserFunction):
        if not (activation.path and activation.source):
            raise ValueError("its activation names no file")
        activation.resolved(Path(activation.file))
    architecture = Architecture(
        tuple(table["sizes"]),
        activation,
        part(Normaliser, "normaliser"),
        part(Residual, "residual"),
        None,
    )
    mean, scale, target_mean, target_scale = (arrays[name] for name in ARRAYS[2:])
    names, classes = tuple(table["names"]), tuple(table["classes"])
    return Model(
        architecture,
        from_json(Loss, table["loss"]),
        arrays["parameters"],
        arrays["statistics"],
        Inputs(table["columns"], mean, scale, table["divisor"], names),
        Targets(classes, target_mean, target_scale),
        table["about"],
    )
