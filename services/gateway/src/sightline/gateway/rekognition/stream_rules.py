"""What of Rekognition's parameters of stream processors is for labels, and so not served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.gateway.rekognition.errors import AwsError

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Parameters

_UNSERVED = {
    "NotificationChannel": "it tells of labels, and there is no SNS",
    "RegionsOfInterest": "they are for labels; faces are looked for in the regions of the camera",
    "RegionsOfInterestForUpdate": "they are for labels; faces are looked for in the regions of the camera",
    "SettingsForUpdate": "Rekognition changes settings for labels alone: make another stream processor",
    "ParametersToDelete": "they are for labels",
    "StartSelector": "it is for labels, and there is no Kinesis: a camera is watched from now on",
    "StopSelector": "it is for labels: a camera is watched until StopStreamProcessor",
}


def check_served(parameters: Parameters) -> None:
    """Raises AwsError InvalidParameterException."""
    for name in parameters:
        if name in _UNSERVED:
            raise invalid(f"{name} is not served: {_UNSERVED[name]}.")


def search_of(parameters: Parameters) -> Parameters:
    """Settings.FaceSearch. Raises AwsError InvalidParameterException."""
    settings = parameters["Settings"]
    if "ConnectedHome" in settings or "S3Destination" in parameters["Output"]:
        raise invalid("ConnectedHome and S3Destination are for labels, which are not served: give FaceSearch.")
    search: Parameters = settings.get("FaceSearch") or {}
    if not search.get("CollectionId"):
        raise invalid("Settings.FaceSearch.CollectionId is missing.")
    return search


def arns_of(parameters: Parameters) -> tuple[str, str]:
    """Of the input and of the output. Raises AwsError InvalidParameterException."""
    input_arn = (parameters["Input"].get("KinesisVideoStream") or {}).get("Arn")
    output_arn = (parameters["Output"].get("KinesisDataStream") or {}).get("Arn")
    if not (output_arn and input_arn):
        raise invalid("face search takes Input.KinesisVideoStream.Arn and Output.KinesisDataStream.Arn.")
    return input_arn, output_arn


def invalid(why: str) -> AwsError:
    """The error of parameters that do not fit."""
    return AwsError("InvalidParameterException", f"Request has invalid parameters: {why}")
