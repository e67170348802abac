"""Faces of pictures, kept nowhere: found, and compared with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.face_shapes import box, by_size, detail, percent
from sightline.gateway.rekognition.pictures import picture
from sightline.gateway.rekognition.quality_filter import flaws
from sightline.gateway.rekognition.services import ask, reasons
from sightline.v1 import detect_service_pb2, search_service_pb2

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters
    from sightline.v1 import face_pb2

DEFAULT_THRESHOLD = 80.0


async def detected(call: Call, image: face_pb2.Image) -> list[face_pb2.Face]:
    """The faces of a picture, the largest first. Raises SightlineError InvalidInput: what is wrong with it."""
    request = detect_service_pb2.DetectFacesRequest(images=[image], **reasons(call))
    answer = await ask(call, "DetectService.DetectFaces", request)
    result = answer.results[0]
    if result.HasField("error"):
        raise InvalidInput(result.error.reason, result.error.message)
    return by_size(result.faces)


async def detect_faces(call: Call, parameters: Parameters) -> Answer:
    """Box, landmarks, pose and quality of each face; what else Rekognition guesses of people is not guessed here."""
    return {"FaceDetails": [detail(face) for face in await detected(call, picture(parameters["Image"]))]}


async def compare_faces(call: Call, parameters: Parameters) -> Answer:
    """The largest face of one picture with every face of another."""
    quality_filter = parameters.get("QualityFilter", "NONE")
    request = search_service_pb2.CompareFacesRequest(
        source=picture(parameters["SourceImage"]),
        target=picture(parameters["TargetImage"]),
        min_similarity=parameters.get("SimilarityThreshold", DEFAULT_THRESHOLD),
        **reasons(call),
    )
    answer = await ask(call, "SearchService.CompareFaces", request)
    if flaws(answer.source, quality_filter):
        message = "Request has invalid parameters: the source's largest face is not good enough for the QualityFilter."
        raise AwsError("InvalidParameterException", message)
    matches = [each for each in answer.matches if not flaws(each.face, quality_filter)]
    others = [each.face for each in answer.others if not flaws(each.face, quality_filter)]
    source = answer.source
    return {
        "SourceImageFace": {"BoundingBox": box(source.bounding_box), "Confidence": percent(source.confidence)},
        "FaceMatches": [{"Similarity": each.similarity, "Face": detail(each.face)} for each in matches],
        "UnmatchedFaces": [detail(face) for face in others],
    }


OPERATIONS: dict[str, Operation] = {"DetectFaces": detect_faces, "CompareFaces": compare_faces}
