import cv2
import numpy as np
import pytest

from sightline.chassis.blob import to_blob


@pytest.mark.parametrize(("mean", "scale"), [(127.5, 1 / 128), (127.5, 1 / 127.5), (0.0, 1.0)])
@pytest.mark.parametrize("shape", [(1, 640, 640), (3, 112, 112), (2, 1, 33)])
def test_numerics_equal_opencvs(mean, scale, shape):
    """The tensor is the one of cv2.dnn.blobFromImages, to the last bit; for views with steps, too."""
    wide = np.random.default_rng(0).integers(0, 256, (shape[0], shape[1], 2 * shape[2], 3), np.uint8)
    pictures = list(wide[:, :, ::2])
    contiguous = [np.ascontiguousarray(picture) for picture in pictures]
    expected = cv2.dnn.blobFromImages(contiguous, scale, shape[:0:-1], (mean, mean, mean))
    assert np.array_equal(to_blob(contiguous, mean, scale), expected)
    assert np.array_equal(to_blob(pictures, mean, scale), expected)
