"""The dialect of Caffe2's TensorProtos: a tensor with the picture, one with the label; it is read only.

    0/data_type   4, STRING: 0/string_data is a picture file      3, BYTE: 0/byte_data, raw (height, width,
                  channels), of 3 channels BGR                    1, FLOAT: 0/float_data, (channels, height, width)
    1/int32_data  label from 0; further tensors stay features under their own names

Source: pytorch/caffe2: image_input_op.h, binaries/make_image_db.cc, python/examples/lmdb_create_example.py.
"""

import math
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from filmroll.dialects import datum, fields
from filmroll.errors import ParseError, UnsupportedError
from filmroll.messages import Features, tensor_protos
from filmroll.sample import Sample

NAME = "tensor_protos"
MESSAGE = "tensor_protos"
HOLDS: frozenset[str] = frozenset()
PICTURE = ("0/dims", "0/data_type", "0/string_data", "0/byte_data", "0/float_data", "0/name")
LABEL = ("1/dims", "1/data_type", "1/int32_data", "1/name")


def to_features(sample: Sample) -> NoReturn:
    """Refuse: Caffe2 is history, and nothing but its old files is met.

    Raises:
        UnsupportedError: Always.
    """
    raise UnsupportedError("TensorProtos of Caffe2 are read, not written; choose the dialect 'datum'")


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample; a picture file is handed on, raw pixels become (height, width, channels).

    Bytes are brought from BGR into RGB; floats keep the order of their channels, which nobody states.

    Raises:
        ParseError: The first tensor holds no picture, or its values are not as many as its dims tell.
    """
    sample = Sample(
        key=datum.name_in_key(features),
        label=_label(features),
        features=fields.others(features, PICTURE if _label(features) is None else PICTURE + LABEL),
    )
    kind = fields.integer(features, "0/data_type")
    if kind == tensor_protos.STRING:
        sample.encoded = fields.one_bytes(features, "0/string_data")
    elif kind == tensor_protos.BYTE:
        values = np.frombuffer(fields.one_bytes(features, "0/byte_data"), np.uint8)
        sample.array = np.ascontiguousarray(datum.swapped(_shaped(values, features)))
    else:
        floats = fields.floats(features, "0/float_data")
        if floats is None:
            raise fields.absent(features, "0/float_data")
        sample.array = np.ascontiguousarray(_shaped(floats, features).transpose(1, 2, 0))
    return sample


def sniff(features: Features) -> str | None:
    """Say why these features are a TensorProtos', or return None."""
    kind = features.get("0/data_type")
    if not isinstance(kind, np.ndarray) or not kind.size:
        return None
    contents = {tensor_protos.STRING: "0/string_data", tensor_protos.BYTE: "0/byte_data"}
    name = contents.get(int(kind[0]), "0/float_data")
    return f"the first tensor holds a picture in {name}, as Caffe2 stores it" if name in features else None


def _label(features: Features) -> int | None:
    """Return the label, if the second tensor is one number; several, or bytes, are something else."""
    value = features.get("1/int32_data")
    return int(value[0]) if isinstance(value, np.ndarray) and value.shape == (1,) else None


def _shaped(values: NDArray[Any], features: Features) -> NDArray[Any]:
    dims = fields.integers(features, "0/dims")
    sides = [] if dims is None else [int(side) for side in dims]
    if len(sides) != 3 or min(sides) < 0 or math.prod(sides) != len(values):
        raise ParseError(f"{len(values)} values in a picture of dims {sides}; expected three, of which they fill all")
    return values.reshape(sides)
