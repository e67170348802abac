import csv
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sightline.chassis.errors import InvalidInput
from sightline.chassis.picture import MAX_BYTES, decode_picture, encode_jpeg, see_picture


def _manifest(shared_media, folder):
    with (shared_media / "manifest.csv").open() as stream:
        return {row["path"]: row for row in csv.DictReader(stream) if row["path"].startswith(folder)}


def _file(image, form, **options):
    stream = BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def test_every_format_decodes_to_its_size(shared_media):
    """Each file of the formats folder but JPEG 2000 gives RGB of the size in the manifest, turned upright."""
    for path, row in _manifest(shared_media, "formats/").items():
        data = (shared_media / path).read_bytes()
        if path.endswith(".jp2"):
            with pytest.raises(InvalidInput, match="IMAGE_FORMAT"):
                decode_picture(data)
            continue
        size = (int(row["height"]), int(row["width"]))
        orientation = row["note"].removeprefix("EXIF orientation ")[:1]
        expected = size[::-1] if orientation in ("5", "6", "7", "8") else size
        picture = decode_picture(data)
        assert (picture.shape, picture.dtype) == ((*expected, 3), np.uint8), path
        assert picture.flags.c_contiguous, path


def test_exif_orientations_show_the_same_picture(shared_media):
    """All eight orientations of one photo are the same upright photo, but for JPEG's losses."""
    upright = decode_picture((shared_media / "formats/exif_orientation_1.jpg").read_bytes()).astype(int)
    for number in range(2, 9):
        data = (shared_media / f"formats/exif_orientation_{number}.jpg").read_bytes()
        assert np.abs(decode_picture(data) - upright).mean() < 4, number


def test_every_kind_of_pixel_shows_the_same_face(shared_media):
    """Grey, 16-bit, float, CMYK, palette and lossy files of one photo agree with its bitmap."""
    bitmap = decode_picture((shared_media / "formats/image.bmp").read_bytes()).mean(axis=2)
    names = "gray16.png rgb16.png gray_L.jpg float32.tiff cmyk.jpg palette.png image.avif lossy.webp image.tiff"
    for name in [*names.split(), "animated.gif", "progressive.jpg", "multipage.tiff", "image.ppm"]:
        grey = decode_picture((shared_media / "formats" / name).read_bytes()).mean(axis=2)
        assert np.corrcoef(grey.ravel(), bitmap.ravel())[0, 1] > 0.94, name


def test_every_broken_file_is_refused_or_decoded(shared_media):
    """A broken file raises InvalidInput and nothing else; damage inside a whole JPEG is let pass."""
    decoded = set()
    for path in sorted((shared_media / "broken").iterdir()):
        try:
            decode_picture(path.read_bytes())
            decoded.add(path.name)
        except InvalidInput as error:
            assert error.reason.startswith("IMAGE_")  # noqa: PT017 - not raising is right for one of them
    assert decoded == {"corrupt_middle.jpg"}


@pytest.mark.parametrize("cut", [0.02, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "PPM"])
def test_a_truncated_picture_is_refused(form, cut):
    """A file cut anywhere is refused: no half pictures."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8))
    data = _file(noise, form)
    with pytest.raises(InvalidInput):
        decode_picture(data[: int(len(data) * cut)])


def test_too_many_pixels_are_refused_before_decoding(shared_media):
    """900 megapixels in 109 kB and a header that claims 65,000 x 65,000 are refused by their header."""
    for name in ["huge_30000x30000_1bit.png", "lying_header.png"]:
        with pytest.raises(InvalidInput, match="IMAGE_TOO_LARGE"):
            decode_picture((shared_media / "broken" / name).read_bytes())


def test_just_over_fifty_megapixels_is_refused():
    """The limit is ours, not Pillow's, which would warn at 89 megapixels."""
    with pytest.raises(InvalidInput, match="IMAGE_TOO_LARGE"):
        decode_picture(_file(Image.new("1", (10_000, 5_001)), "PNG"))


def test_too_many_bytes_are_refused():
    """More than 20 MB are not even looked at."""
    with pytest.raises(InvalidInput, match="IMAGE_TOO_LARGE"):
        decode_picture(bytes(MAX_BYTES + 1))


def test_no_bytes_have_their_own_reason():
    """An empty upload says so."""
    with pytest.raises(InvalidInput, match="IMAGE_EMPTY"):
        decode_picture(b"")


def test_a_turned_tiff_is_turned_once():
    """TIFF's own orientation is applied by Pillow while it decodes, and not again by us."""
    image = Image.new("RGB", (20, 10))
    data = _file(image, "TIFF", tiffinfo={0x0112: 6})
    assert decode_picture(data).shape == (20, 10, 3)


def test_transparent_pixels_are_white():
    """What shows through a transparent picture is white, not the colour hidden under it."""
    picture = decode_picture(_file(Image.new("RGBA", (4, 4), (255, 0, 0, 0)), "PNG"))
    assert (picture == 255).all()


def test_a_jpeg_comes_back_as_it_went():
    """encode_jpeg keeps size and channel order."""
    picture = np.zeros((32, 48, 3), np.uint8)
    picture[:, :, 0] = 200
    again = decode_picture(encode_jpeg(picture, 90)).astype(int)
    assert np.abs(again - picture).max() <= 3


@pytest.mark.parametrize(
    ("scale", "size"), [(1.0, (801, 403)), (0.51, (801, 403)), (0.5, (401, 202)), (0.1, (101, 51))]
)
def test_a_large_jpeg_is_decoded_at_a_part_of_its_size(scale, size):
    """The largest of 1/2, 1/4 and 1/8 that leaves what is useful; the whole size stays known."""
    image = Image.linear_gradient("L").resize((801, 403)).convert("RGB")
    seen = see_picture(_file(image, "JPEG"), lambda _: scale)
    assert (seen.pixels.shape[1::-1], (seen.width, seen.height)) == (size, (801, 403))
    assert seen.scale == pytest.approx(size[0] / 801, abs=0.01)
    full = Image.fromarray(decode_picture(_file(image, "JPEG"))).resize(size, Image.Resampling.BOX)
    assert np.abs(np.asarray(full).astype(int) - seen.pixels).mean() < 2


def test_a_reduced_picture_is_upright(shared_media):
    """For each EXIF orientation the callback hears the upright size, and the pixels are turned."""
    for number in range(1, 9):
        data = (shared_media / f"formats/exif_orientation_{number}.jpg").read_bytes()
        heard = []
        seen = see_picture(data, lambda size, heard=heard: heard.append(size) or 0.5)
        height, width = decode_picture(data).shape[:2]
        assert heard == [(width, height)] == [(seen.width, seen.height)]
        assert seen.pixels.shape[:2] == (-(-height // 2), -(-width // 2))


def test_other_formats_are_never_reduced():
    """Only libjpeg can leave work out."""
    seen = see_picture(_file(Image.new("RGB", (64, 32)), "PNG"), lambda _: 0.1)
    assert (seen.pixels.shape, seen.scale) == ((32, 64, 3), 1)
