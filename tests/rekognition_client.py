"""What tests do with boto3's client of Rekognition."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError


def refused(call, **parameters):
    """Code and status of the error."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    assert "Traceback" not in response["Error"]["Message"]
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def index(client, collection, picture, **options):
    """Ids of the faces of a picture."""
    answer = client.index_faces(CollectionId=collection, Image=picture, **options)
    return [each["Face"]["FaceId"] for each in answer["FaceRecords"]]


def ended(ask, job):
    """What is said of a job that has succeeded."""
    deadline = time.monotonic() + 120
    while (answer := ask(JobId=job))["JobStatus"] == "IN_PROGRESS":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert answer["JobStatus"] == "SUCCEEDED", answer
    return answer
