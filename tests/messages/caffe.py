"""Caffe's messages as protobuf has them, built at run time from names and numbers of their fields: the oracle."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELD = descriptor_pb2.FieldDescriptorProto
INT32, INT64, BYTES, FLOAT, BOOL = (
    FIELD.TYPE_INT32,
    FIELD.TYPE_INT64,
    FIELD.TYPE_BYTES,
    FIELD.TYPE_FLOAT,
    FIELD.TYPE_BOOL,
)
ONE, MANY, PACKED = "one", "many", "packed"

# message -> name, number, type, how many
MESSAGES = {
    "Datum": [
        ("channels", 1, INT32, ONE),
        ("height", 2, INT32, ONE),
        ("width", 3, INT32, ONE),
        ("data", 4, BYTES, ONE),
        ("label", 5, INT32, ONE),
        ("float_data", 6, FLOAT, MANY),
        ("encoded", 7, BOOL, ONE),
    ],
    "BlobShape": [("dim", 1, INT64, PACKED)],
    "BlobProto": [
        ("num", 1, INT32, ONE),
        ("channels", 2, INT32, ONE),
        ("height", 3, INT32, ONE),
        ("width", 4, INT32, ONE),
        ("data", 5, FLOAT, PACKED),
        ("diff", 6, FLOAT, PACKED),
        ("shape", 7, "BlobShape", ONE),
    ],
    "TensorProto": [
        ("dims", 1, INT64, MANY),
        ("data_type", 2, INT32, ONE),
        ("float_data", 3, FLOAT, PACKED),
        ("int32_data", 4, INT32, PACKED),
        ("byte_data", 5, BYTES, ONE),
        ("string_data", 6, BYTES, MANY),
        ("name", 7, BYTES, ONE),
        ("int64_data", 10, INT64, PACKED),
    ],
    "TensorProtos": [("protos", 1, "TensorProto", MANY)],
}


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="caffe_oracle.proto", package="oracle", syntax="proto2")
    for message, fields in MESSAGES.items():
        made = file.message_type.add(name=message)
        for name, number, kind, count in fields:
            field = made.field.add(name=name, number=number)
            field.label = FIELD.LABEL_OPTIONAL if count == ONE else FIELD.LABEL_REPEATED
            if isinstance(kind, str):
                field.type, field.type_name = FIELD.TYPE_MESSAGE, f".oracle.{kind}"
            else:
                field.type = kind
            if count == PACKED:
                field.options.packed = True
    return file


POOL = descriptor_pool.DescriptorPool()
POOL.Add(_file())
Datum, BlobProto, TensorProto, TensorProtos = (
    message_factory.GetMessageClass(POOL.FindMessageTypeByName(f"oracle.{name}"))
    for name in ("Datum", "BlobProto", "TensorProto", "TensorProtos")
)
