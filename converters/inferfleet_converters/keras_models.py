"""Keras models and layers models of TensorFlow.js become SavedModels.

TensorFlow.js's converter takes a .keras or .h5 file of Keras 3, ends with 0, and the result fails when a
page loads it.
So every Keras model goes by a SavedModel, exported by the Keras that wrote it.
"""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .canonical import read_json
from .graph_model import check_finite, read_graph_model
from .refusal import Refused, one_line
from .source import MAX_BYTES, MAX_JSON_BYTES

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
LAYERS_WAY_OUT = (
    "export it as a SavedModel where its classes are defined (model.export('folder')), and give the folder"
)


def export_keras(path: Path, scratch: Path) -> None:
    """Loads a .keras or .h5 file and exports it as a SavedModel.

    Raises:
        Refused: it runs Python code (a Lambda layer), has classes of its own, or is damaged.
    """
    is_zip = zipfile.is_zipfile(path)
    if is_zip and _is_hdf5(path):
        # Keras could load another part of it than the one that was looked at.
        raise Refused(f"{path.name} is a .keras file and an .h5 file at once: save the model again")
    config, version = _zip_config(path) if is_zip else _h5_config(path)
    _refuse_code(config)
    model = _load(path, keras2=version.startswith(("1.", "2.")))
    _export(model, scratch, keras2=version.startswith(("1.", "2.")))


def export_layers_model(path: Path, scratch: Path) -> None:
    """Loads a layers model of TensorFlow.js and exports it as a SavedModel.

    Raises:
        Refused: it is quantised, not whole, or has layers that Keras 2 has not.
    """
    from tensorflowjs.converters import load_keras_model  # noqa: PLC0415 - loads TensorFlow

    _refuse_code(read_json(path)["modelTopology"])
    read_graph_model(path)  # its checks of the weights are wanted, before Keras has them
    try:
        model = load_keras_model(str(path))
    except (ValueError, TypeError, KeyError) as error:
        raise Refused(
            f"Keras 2 cannot load the layers of {path.name} ({one_line(error)}): give the Keras model that "
            "it was converted from"
        ) from error
    _export(model, scratch, keras2=True)


def _is_hdf5(path: Path) -> bool:
    """Whether HDF5's signature stands where a reader looks for it: at 0, 512, 1024 and so on, doubled."""
    size, place = path.stat().st_size, 0
    with path.open("rb") as file:
        while place < size:
            file.seek(place)
            if file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE:
                return True
            place = place * 2 or 512
    return False


def _zip_config(path: Path) -> tuple[Any, str]:
    """The configuration of a .keras file, and the version of Keras that wrote it."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
            if sum(sizes.values()) > MAX_BYTES or sizes.get("config.json", 0) > MAX_JSON_BYTES:
                raise Refused(f"{path.name} holds over {MAX_BYTES:,} bytes, which no browser can hold")
            config = json.loads(archive.read("config.json"))
            version = dict(json.loads(archive.read("metadata.json"))).get("keras_version", "3")
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise Refused(f"{path.name} is damaged ({one_line(error)}): copy or save it again") from error
    return config, str(version)


def _h5_config(path: Path) -> tuple[Any, str]:
    import h5py  # noqa: PLC0415

    try:
        with h5py.File(path, "r") as file:
            config, version = file.attrs.get("model_config"), file.attrs.get("keras_version", "2")
    except OSError as error:
        raise Refused(f"{path.name} is no Keras model, or it is damaged: copy or save it again") from error
    if config is None:
        raise Refused(f"{path.name} has weights alone: save the whole model (model.save), not its weights")
    try:
        return json.loads(config), str(_text(version))
    except (ValueError, TypeError) as error:
        raise Refused(f"{path.name} is damaged: its configuration is not JSON") from error


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _refuse_code(config: Any) -> None:
    """A Lambda layer carries Python code, which loading would run. Nobody's code is run here."""
    for name in _class_names(config):
        if name.rpartition(">")[2].lower() in ("lambda", "__lambda__"):  # also package>Lambda
            raise Refused(
                f"the model has a {name} layer, which is Python code that loading it would run: replace it "
                "by layers of Keras, or, where you trust it, export a SavedModel (model.export('folder')) "
                "and give the folder"
            )


def _class_names(config: Any) -> Iterator[str]:
    pending = [config]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("class_name"), str):
                yield value["class_name"]
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def _load(path: Path, *, keras2: bool) -> Any:
    import keras  # noqa: PLC0415 - loads TensorFlow
    import tf_keras  # noqa: PLC0415

    library = tf_keras if keras2 else keras
    try:
        return library.models.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError, AttributeError, ImportError) as error:
        raise Refused(
            f"{path.name} cannot be loaded without its own code ({one_line(error)}): {LAYERS_WAY_OUT}"
        ) from error


def _export(model: Any, scratch: Path, *, keras2: bool) -> None:
    import tensorflow as tf  # noqa: PLC0415

    check_finite({weight.name: weight.numpy() for weight in model.weights})
    try:
        if keras2:
            tf.saved_model.save(model, str(scratch))
        else:
            model.export(str(scratch), verbose=False)
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused(
            f"Keras cannot export the model ({one_line(error)}): call it once on an input, so that its "
            "shapes are known, and save it again"
        ) from error
