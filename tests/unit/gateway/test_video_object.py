"""Where a stored video lies, in the words of Rekognition's clients and in ours."""

from __future__ import annotations

import pytest

from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.video_object import url_of, video_of


@pytest.mark.parametrize(
    ("bucket", "name", "url"),
    [
        ("films", "2026/a b%20c.mp4", "s3://films/2026/a b%20c.mp4"),
        ("file", "/videos/a b%#?.mp4", "file:///videos/a%20b%25%23%3F.mp4"),
    ],
)
def test_a_place_is_one_url_and_back(bucket, name, url):
    """What a client names is what it is told of a job, also of one that `sightline video` has started."""
    video = {"S3Object": {"Bucket": bucket, "Name": name}}
    assert url_of(video) == url
    assert video_of(url, "ignored") == video


def test_an_upload_has_no_place():
    """It is called as whoever sent it calls it, or not at all."""
    assert video_of("", "street.mp4") == {"S3Object": {"Name": "street.mp4"}}
    assert video_of("", "") == {}


@pytest.mark.parametrize("video", [{}, {"S3Object": {"Bucket": "films"}}, {"S3Object": {"Name": "a"}}])
def test_half_a_place_is_refused(video):
    """Bucket and name are both needed."""
    with pytest.raises(AwsError, match="InvalidParameterException"):
        url_of(video)
