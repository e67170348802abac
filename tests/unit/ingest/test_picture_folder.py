"""Folders of pictures as sources."""

import shutil

import numpy as np
import pytest

from sightline.chassis.errors import InvalidInput
from sightline.chassis.picture import encode_jpeg
from sightline.ingest.frames import open_frames
from sightline.ingest.source import SourceRules, admit
from sightline.ingest.viewing import Viewing


async def _read(folder, **how):
    """All frames, and what was raised."""
    frames = []
    source = await admit(f"file://{folder}/", SourceRules(video_roots=(folder,)))
    async with open_frames(source, Viewing(4.0, **how)) as stream:
        try:
            async for frame in stream:
                frames.append(frame)  # noqa: PERF401 (what came before an error is wanted too)
        except InvalidInput as error:
            return frames, error
    return frames, None


def _write(path, level):
    path.write_bytes(encode_jpeg(np.full((60, 80, 3), level, np.uint8), 95))


async def test_pictures_come_in_the_order_of_their_names(tmp_path):
    """One frame each, a quarter of a second apart at four a second; files, links and folders beside them are not."""
    for place, name in enumerate(("b.JPG", "a.jpg", "c.jpeg")):
        _write(tmp_path / name, 50 * (place + 1))
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "a.jpg")
    (tmp_path / "more.jpg").mkdir()
    frames, error = await _read(tmp_path)
    assert error is None
    assert [int(frame.picture.mean().round()) for frame in frames] == [100, 50, 150]
    assert [frame.media_time_s for frame in frames] == [0.0, 0.25, 0.5]


async def test_masks_are_burnt_into_pictures_too(tmp_path):
    """A picture of a folder is a frame as any other."""
    _write(tmp_path / "a.jpg", 200)
    frames, _ = await _read(tmp_path, masks=(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),))
    assert not frames[0].picture[:, :39].any()
    assert frames[0].picture[:, 42:].mean() > 190


async def test_every_format_is_read(shared_media):
    """Odd modes, animations, 48 megapixels and one pixel: everything with a picture's suffix gives a frame."""
    folder = shared_media / "formats"
    frames, error = await _read(folder)
    assert error is None
    assert len(frames) == sum(path.suffix not in {".jp2", ""} for path in folder.iterdir())


async def test_broken_pictures_are_passed_over_and_told(shared_media, tmp_path):
    """Those that can be read come; then it is said how many could not."""
    for path in (shared_media / "broken").iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    _write(tmp_path / "zz_good.jpg", 128)
    frames, error = await _read(tmp_path)
    assert frames[-1].picture.shape == (60, 80, 3)
    assert error.reason == "VIDEO_UNREADABLE"
    assert f"{16 - len(frames)} of its 16 pictures cannot be read" in error.message


@pytest.mark.parametrize("name", [None, "notes.txt"], ids=["empty", "texts"])
async def test_a_folder_without_pictures_says_so(tmp_path, name):
    """Nothing to read is an error that names what would be read."""
    if name:
        (tmp_path / name).touch()
    frames, error = await _read(tmp_path)
    assert not frames
    assert "no picture in it (.avif, .bmp" in error.message
