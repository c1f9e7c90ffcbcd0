"""An array as a picture file: PNG where that holds it, NPY where it does not."""

import numpy as np

from filmroll import codecs
from filmroll.buffer import Buffer
from filmroll.sample import Sample


def picture(sample: Sample) -> Buffer | None:
    """Return the encoded picture of a sample as it is, or its array as a file that gives it back exactly.

    Returns:
        The bytes; an array of uint8 and 1 to 4 channels as PNG, any other as NPY; None where there is no picture.

    Raises:
        EncodeError: The array holds Python objects.
    """
    if sample.encoded is not None or sample.array is None:
        return sample.encoded
    array = np.asarray(sample.array)
    fits = array.dtype == np.uint8 and array.ndim == 3 and array.size > 0 and array.shape[2] in (1, 2, 3, 4)
    return codecs.encode(array, "png" if fits else "npy")
