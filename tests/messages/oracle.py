"""What filmroll and protobuf say of a message, in the same words, to be compared."""

import numpy as np
from google.protobuf.unknown_fields import UnknownFieldSet

KINDS = {"bytes_list": 1, "float_list": 2, "int64_list": 3, None: 0}


def _float_bits(values):
    return np.asarray(values, np.float32).view(np.uint32).tolist()  # so that NaN equals itself


def of_value(value):
    """A value of filmroll as (kind, values)."""
    if value is None:
        return 0, []
    if isinstance(value, list):
        return 1, [bytes(item) for item in value]
    assert value.ndim == 1
    return (2, _float_bits(value)) if value.dtype == np.float32 else (3, value.tolist())


def of_feature(feature):
    """A Feature of protobuf as (kind, values)."""
    name = feature.WhichOneof("kind")
    if name is None:
        return 0, []
    values = list(getattr(feature, name).value)
    return KINDS[name], _float_bits(values) if name == "float_list" else values


def ours(features):
    return {name: of_value(value) for name, value in features.items()}


def theirs(features):
    return {name: of_feature(feature) for name, feature in features.feature.items()}


def ours_sequence(sequence):
    lists = {name: [of_value(step) for step in steps] for name, steps in sequence.feature_lists.items()}
    return ours(sequence.context), lists


def theirs_sequence(sequence):
    lists = sequence.feature_lists.feature_list
    return theirs(sequence.context), {name: [of_feature(step) for step in lists[name].feature] for name in lists}


def drops_entries(features):
    """Whether protobuf for Python (upb) set an entry of a map aside, whole, because it holds an unknown field.

    filmroll reads such an entry as the message that the specification says it is, and ignores the field.
    """
    return any(field.field_number == 1 and field.wire_type == 2 for field in UnknownFieldSet(features))
