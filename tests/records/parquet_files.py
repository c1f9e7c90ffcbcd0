"""Parquet files for tests, written by pyarrow."""

import pyarrow as pa
import pyarrow.parquet as pq


def written(tmp_path, columns, **options):
    """A file of columns, each a pa.Array or a list."""
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(table, tmp_path / "a.parquet", **options)
    return tmp_path / "a.parquet"
