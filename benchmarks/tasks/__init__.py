"""One file per task; a new one is imported here and listed."""

from benchmarks.task import Task
from benchmarks.tasks import (
    datum_lmdb,
    decode_photo,
    eval_crops,
    import_time,
    installed_size,
    mnist_batches,
    pack_photos,
    parse_photos,
    scaling,
    scan_photos,
    train_copies,
    train_crops,
    write_datum_lmdb,
    write_small,
)

MODULES = (
    scan_photos,
    parse_photos,
    mnist_batches,
    decode_photo,
    train_crops,
    train_copies,
    eval_crops,
    pack_photos,
    write_small,
    datum_lmdb,
    write_datum_lmdb,
    import_time,
    installed_size,
    scaling,
)
TASKS: dict[str, Task] = {module.TASK.name: module.TASK for module in MODULES}
QUESTIONS: dict[str, str] = {module.TASK.name: module.__doc__ or "" for module in MODULES}
