"""Read what is left of an ArrayRecord file: as any other where its footer is, else the records that are found again."""

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from filmroll.errors import FormatError
from filmroll.records import array_record, array_record_rescue, cache
from filmroll.records.salvage import Gap
from filmroll.remote.path import path_of


class Reader(array_record.Reader):
    """Read the records of an ArrayRecord file that may be damaged.

    Where the footer is sound nothing differs from `array_record.Reader`: a record whose chunk is damaged is an error
    when it is read. Where it is not, the chunks that are found again are put into a temporary file, and their records
    have the numbers, in their order.

    Args:
        path: The file.
        verify: As in `array_record.Reader`.

    Raises:
        As `array_record.Reader`, and FormatError only where no record is left.
        OSError: There is no room for a temporary file.
    """

    def __init__(self, path: str | os.PathLike[str], *, verify: bool = True) -> None:
        self._gaps: list[Gap] = []
        try:
            super().__init__(path, verify=verify)
        except FormatError:
            local = cache.local(path_of(path))
            rescued = array_record_rescue.rescue(local)
            if not rescued.records:
                raise
            folder = tempfile.mkdtemp(prefix="filmroll-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)  # nobody reads any more then
            self._source = Path(folder, "left")
            array_record_rescue.write(self._source, rescued.view, rescued.chunks)
            self._begin()
            self._gaps = [Gap(one.offset, one.nbytes, one.record, [], one.error) for one in rescued.losses]
            if not self._gaps:
                self._gaps = [Gap(len(rescued.view), 0, rescued.records, [], _footerless(local))]

    @property
    def gaps(self) -> list[Gap]:
        """What belongs to no record; nothing where the footer is sound."""
        return self._gaps


def _footerless(path: Path) -> FormatError:
    return FormatError("the footer is damaged or cut off; all records in front of it are there", path=path)
