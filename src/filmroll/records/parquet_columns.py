"""Which columns features make, as they are seen row after row: types, structs, and what Hugging Face is told.

    NAME/bytes beside NAME/path     -> a struct NAME {bytes, path}, which Hugging Face shows as a picture
    objects/...                     -> a struct `objects` of columns, which it has for the boxes of a picture
    any other name                  -> a column of that name, slashes and all

A column is as narrow as what was seen: text until some bytes are no UTF-8, one value until a row has none or several
in a list. A feature whose type changes has a column for each type, NAME:TYPE, and metadata that says so.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from filmroll.errors import EncodeError
from filmroll.records.parquet_cells import Cell, cells_of, lengths_name

OBJECTS = "objects"
PICTURE = ("bytes", "path")
LABEL, CATEGORY = "label", (OBJECTS, "category")

Path = tuple[str, ...]
"""Name of a column, or of a struct and a column in it."""

Row = dict[Path, Cell]


@dataclass(slots=True)
class Column:
    """What is known of one column.

    Attributes:
        type: Of its values.
        depth: How many lists they lie in: 0, 1, or more where lengths were given.
        text: Whether its bytes are all UTF-8.
    """

    type: str
    depth: int = 0
    text: bool = True

    def widen(self, cell: Cell) -> None:
        """Make room for a cell."""
        self.depth = max(self.depth, len(cell.lengths) + 1 if cell.lengths or len(cell.values) != 1 else 0)
        self.text = self.text and self.type == "bytes" and cell.is_text()

    @property
    def dtype(self) -> str:
        """Return the name of the type of its values, the same for Arrow and for Hugging Face."""
        return ("string" if self.text else "binary") if self.type == "bytes" else self.type

    def arrow_type(self) -> pa.DataType:
        """Return its Arrow type."""
        kind = getattr(pa, self.dtype)()
        for _ in range(self.depth):
            kind = pa.list_(kind)
        return kind

    def huggingface(self) -> dict[str, Any]:
        """Return how Hugging Face describes it."""
        feature: dict[str, Any] = {"dtype": self.dtype, "_type": "Value"}
        for _ in range(self.depth):
            feature = {"feature": feature, "_type": "Sequence"}  # later versions call it List, and read both
        return feature

    def array(self, cells: Sequence[Cell | None]) -> pa.Array:
        """Return the cells of some rows as an array; None is null."""
        return pa.array([None if cell is None else self._value(cell) for cell in cells], self.arrow_type())

    def _value(self, cell: Cell) -> Any:
        values = [str(value, "utf-8") for value in cell.values] if self.text else cell.values
        if self.depth == 0:
            return values[0]
        return values if self.depth == 1 else cell._replace(values=values).nested()


@dataclass
class Columns:
    """All columns of a file, as far as it is written.

    Attributes:
        label_names: Names of the classes, by label.
    """

    label_names: Sequence[str] = ()
    _columns: dict[Path, Column] = field(default_factory=dict)
    _paths: dict[tuple[str, str], Path] = field(default_factory=dict)  # of each feature and kind
    _renamed: dict[str, str] = field(default_factory=dict)
    _largest_category: int = -1

    def __len__(self) -> int:
        return len(self._columns)

    def add(self, record: Mapping[str, Any]) -> Row:
        """Make room for a record, and return it by column.

        Raises:
            EncodeError: A value is of no type that a column can have, or a label has no name.
        """
        cells = cells_of(record)
        self._check_label(cells.get(LABEL))
        pictures = {name[: -len("/path")] for name in record if _is_picture(name, record)}
        for name in pictures:
            for part in PICTURE:  # even where no row has the path: Hugging Face expects both
                self._column(name, part, "bytes")
        row: Row = {}
        for name, cell in cells.items():
            prefix, _, last = name.rpartition("/")
            path = self._column(*((prefix, last) if prefix == OBJECTS else ("", name)), cell.kind)
            self._columns[path].widen(cell)
            row[path] = cell
        category = row.get(CATEGORY)
        if category is not None and category.type == "int64":
            self._largest_category = max(self._largest_category, *category.values.tolist(), -1)
        return row

    def _check_label(self, cell: Cell | None) -> None:
        if cell is None or cell.type != "int64" or not self.label_names or not len(cell.values):
            return
        if int(cell.values.max()) >= len(self.label_names):
            raise EncodeError(
                f"label {cell.values.max()} has no name: there are {len(self.label_names)} label names; give one for"
                " each class, or none"
            )

    def _column(self, struct: str, name: str, kind: str) -> Path:
        """Return the column of a feature, a new one if there is none of that kind."""
        feature = f"{struct}/{name}" if struct else name
        if (feature, kind) not in self._paths:
            path = self._free_path(struct, name, kind)
            self._paths[feature, kind] = path
            type, _, depth = kind.partition(":")
            # One box is a list of boxes too.
            self._columns[path] = Column(type, int(depth or (path[0] == OBJECTS and len(path) > 1)))
            self._rename(path, feature)
        return self._paths[feature, kind]

    def _free_path(self, struct: str, name: str, kind: str) -> Path:
        structs = {path[0] for path in self._columns if len(path) > 1}
        read = {"/".join(path) for path in self._columns}
        feature = f"{struct}/{name}" if struct else name
        if struct and (struct,) not in self._columns and feature not in read:
            return struct, name
        alias = feature
        while alias in read or alias in structs:
            alias = f"{feature}:{kind}" if alias == feature else f"{alias}_"
        return (alias,)

    def _rename(self, path: Path, feature: str) -> None:
        found = "/".join(path)
        if found != feature:
            self._renamed[found] = feature
            for level in range(1, self._columns[path].depth):
                self._renamed[lengths_name(found, level)] = lengths_name(feature, level)

    def schema(self) -> pa.Schema:
        """Return the schema that fits all rows so far."""
        fields, features = [], {}
        for top in dict.fromkeys(path[0] for path in self._columns):
            inside = {path[1]: column for path, column in self._columns.items() if path[0] == top and len(path) > 1}
            if inside:
                kinds = [pa.field(name, column.arrow_type()) for name, column in inside.items()]
                fields.append(pa.field(top, pa.struct(kinds)))
                features[top] = self._describe_struct(top, inside)
            else:
                fields.append(pa.field(top, self._columns[top,].arrow_type()))
                features[top] = self._describe((top,))
        metadata = {"huggingface": json.dumps({"info": {"features": features}})}
        if self._renamed:
            metadata["filmroll"] = json.dumps({"columns": self._renamed})
        return pa.schema(fields, metadata)

    def _describe_struct(self, top: str, inside: Mapping[str, Column]) -> dict[str, Any]:
        path, data = inside.get("path"), inside.get("bytes")
        if len(inside) == 2 and path and data and (path.dtype, path.depth, data.depth) == ("string", 0, 0):
            return {"_type": "Image"}
        return {name: self._describe((top, name)) for name in inside}

    def _describe(self, path: Path) -> dict[str, Any]:
        column = self._columns[path]
        if not self.label_names or column.type != "int64" or not self._has_classes(path):
            return column.huggingface()
        feature: dict[str, Any] = {"names": list(self.label_names), "_type": "ClassLabel"}
        return feature if column.depth == 0 else {"feature": feature, "_type": "Sequence"}

    def _has_classes(self, path: Path) -> bool:
        """Tell whether a column holds the classes that have names: the label, or that of the boxes if there is none."""
        if path == CATEGORY:
            return (LABEL,) not in self._columns and self._largest_category < len(self.label_names)
        return path == (LABEL,)

    def table(self, rows: Sequence[Row]) -> pa.Table:
        """Return some rows as a table of the present schema."""
        schema = self.schema()
        arrays = [self._array(field, rows) for field in schema]
        return pa.Table.from_arrays(arrays, schema=schema)

    def _array(self, field: pa.Field, rows: Sequence[Row]) -> pa.Array:
        if not pa.types.is_struct(field.type):
            return self._columns[field.name,].array([row.get((field.name,)) for row in rows])
        paths = [(field.name, child.name) for child in field.type]
        children = [self._columns[path].array([row.get(path) for row in rows]) for path in paths]
        absent = pa.array([not any(path in row for path in paths) for row in rows])
        return pa.StructArray.from_arrays(children, fields=list(field.type), mask=absent)


def _is_picture(name: str, record: Mapping[str, Any]) -> bool:
    prefix, _, last = name.rpartition("/")
    return bool(prefix) and last == "path" and isinstance(record.get(f"{prefix}/bytes"), list)


def compressed(schema: pa.Schema) -> list[str]:
    """Return the leaves, as Parquet writes their paths, that compression and dictionaries are for: all but bytes."""
    return [path for field in schema for path in _leaves(field.name, field.type)]


def _leaves(path: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_struct(kind):
        return [leaf for field in kind for leaf in _leaves(f"{path}.{field.name}", field.type)]
    if pa.types.is_list(kind):
        return _leaves(f"{path}.list.element", kind.value_type)
    return [] if pa.types.is_binary(kind) else [path]


def adapt(array: pa.Array | None, kind: pa.DataType, *, rows: int) -> pa.Array:
    """Bring a column of an earlier schema into a wider type; None is a column that did not exist yet."""
    if array is None:
        return pa.nulls(rows, kind)
    if pa.types.is_struct(kind):
        inside = dict(zip((child.name for child in array.type), array.flatten(), strict=True))
        children = [adapt(inside.get(child.name), child.type, rows=rows) for child in kind]
        return pa.StructArray.from_arrays(children, fields=list(kind), mask=array.is_null())
    if pa.types.is_list(kind) and not pa.types.is_list(array.type):
        present = array.is_valid().to_numpy(zero_copy_only=False)
        offsets = pa.array([0, *present.cumsum().tolist()], pa.int32())
        values = adapt(array.drop_null(), kind.value_type, rows=int(present.sum()))
        return pa.ListArray.from_arrays(offsets, values, type=kind, mask=array.is_null())
    return array.cast(kind)
