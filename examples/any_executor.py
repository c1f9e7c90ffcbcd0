"""Let Dask's workers write the shards; any other Executor does as well."""

from distributed import Client

import filmroll

with Client(processes=False, n_workers=1, dashboard_address=None) as dask:
    report = filmroll.pack(
        "pictures/", "by-dask/roll", to="tfrecord", shards=2, engine=dask.get_executor()
    )
print(report.written, "of", report.read)
