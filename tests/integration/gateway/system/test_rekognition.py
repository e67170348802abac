"""boto3, as it is, against a running system with real models: faces, users, searches, tags and stored video."""

from __future__ import annotations

import re
import uuid

import cv2
import numpy as np
import pytest
from grants_for_tests import grant
from rekognition_client import ended, index, refused
from rekognition_system import KeyPair
from squares import write_frames

PEOPLE = ("Colin_Powell", "Hugo_Chavez", "Ariel_Sharon")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def group(shared_media):
    return {"Bytes": (shared_media / "groups" / "000_5.jpg").read_bytes()}


def test_a_folder_is_indexed_and_somebody_is_found_by_another_picture(client, portrait):
    """Amazon's first sample: create a collection, index pictures, search by image, delete."""
    made = client.create_collection(CollectionId="folder", Tags={"sightline:purpose": "doors", "team": "blue"})
    assert made["StatusCode"] == 200
    assert made["CollectionArn"] == "arn:aws:rekognition:us-east-1:000000000000:collection/folder"
    for person in PEOPLE:
        answer = client.index_faces(CollectionId="folder", Image=portrait(person, 0), ExternalImageId=f"{person}.jpg")
        assert [each["Face"]["ExternalImageId"] for each in answer["FaceRecords"]] == [f"{person}.jpg"]
        assert "OrientationCorrection" not in answer
        assert answer["FaceModelVersion"] == made["FaceModelVersion"]
    found = client.search_faces_by_image(CollectionId="folder", Image=portrait("Hugo_Chavez", 1), MaxFaces=1)
    assert [each["Face"]["ExternalImageId"] for each in found["FaceMatches"]] == ["Hugo_Chavez.jpg"]
    assert 80 <= found["FaceMatches"][0]["Similarity"] <= 100
    assert 0 < found["SearchedFaceBoundingBox"]["Width"] < 1
    assert found["SearchedFaceConfidence"] > 90
    described = client.describe_collection(CollectionId="folder")
    assert (described["FaceCount"], described["UserCount"]) == (3, 0)
    assert described["CollectionARN"] == made["CollectionArn"]
    assert client.delete_collection(CollectionId="folder")["StatusCode"] == 200
    assert refused(client.describe_collection, CollectionId="folder") == ("ResourceNotFoundException", 400)


def test_users_get_faces_and_are_found(client, collection, portrait):
    """Amazon's second sample: create users, associate faces, search users; and back."""
    ids = {person: index(client, collection, portrait(person, 0)) for person in PEOPLE}
    for person in PEOPLE[:2]:
        client.create_user(CollectionId=collection, UserId=person)
        answer = client.associate_faces(CollectionId=collection, UserId=person, FaceIds=ids[person])
        assert answer["UserStatus"] == "ACTIVE"
        assert [each["FaceId"] for each in answer["AssociatedFaces"]] == ids[person]
    client.create_user(CollectionId=collection, UserId="nobody")
    users = client.list_users(CollectionId=collection)["Users"]
    assert {each["UserId"]: each["UserStatus"] for each in users} == {
        "Colin_Powell": "ACTIVE",
        "Hugo_Chavez": "ACTIVE",
        "nobody": "CREATED",
    }
    assert client.describe_collection(CollectionId=collection)["UserCount"] == 3
    found = client.search_users_by_image(CollectionId=collection, Image=portrait("Colin_Powell", 1))
    assert [each["User"]["UserId"] for each in found["UserMatches"]] == ["Colin_Powell"]
    assert found["SearchedFace"]["FaceDetail"]["Confidence"] > 90
    by_user = client.search_users(CollectionId=collection, UserId="Hugo_Chavez", UserMatchThreshold=0)
    assert by_user["SearchedUser"] == {"UserId": "Hugo_Chavez"}
    assert [each["User"]["UserId"] for each in by_user["UserMatches"]] == ["Colin_Powell"]
    by_face = client.search_users(CollectionId=collection, FaceId=ids["Ariel_Sharon"][0], UserMatchThreshold=0)
    assert {each["User"]["UserId"] for each in by_face["UserMatches"]} == set(PEOPLE[:2])
    (face,) = client.list_faces(CollectionId=collection, UserId="Colin_Powell")["Faces"]
    assert (face["FaceId"], face["UserId"]) == (ids["Colin_Powell"][0], "Colin_Powell")
    client.delete_user(CollectionId=collection, UserId="Colin_Powell")
    left = {each["FaceId"]: each.get("UserId") for each in client.list_faces(CollectionId=collection)["Faces"]}
    assert left[ids["Colin_Powell"][0]] is None
    assert len(left) == 3


def test_faces_go_to_users_and_back_each_with_its_reason(client, collection, portrait):
    """Unknown, another user's and unlike faces are said; a user's face is not deleted before it is free."""
    ann, ben = (index(client, collection, portrait(person, 0))[0] for person in PEOPLE[:2])
    again, unknown = index(client, collection, portrait(PEOPLE[0], 0), ExternalImageId="again")[0], str(uuid.uuid4())
    for user in ("ann", "ben"):
        client.create_user(CollectionId=collection, UserId=user)
    client.associate_faces(CollectionId=collection, UserId="ben", FaceIds=[ben])
    asked = {"CollectionId": collection, "UserId": "ann"}
    answer = client.associate_faces(**asked, FaceIds=[ann, again, ben, unknown])
    assert [each["FaceId"] for each in answer["AssociatedFaces"]] == [ann, again]
    assert answer["UnsuccessfulFaceAssociations"] == [
        {"FaceId": ben, "UserId": "ben", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]},
        {"FaceId": unknown, "Reasons": ["FACE_NOT_FOUND"]},
    ]
    client.disassociate_faces(CollectionId=collection, UserId="ben", FaceIds=[ben])
    unlike = client.associate_faces(**asked, FaceIds=[ben], UserMatchThreshold=90)
    [unlike] = unlike["UnsuccessfulFaceAssociations"]
    assert 0 <= unlike.pop("Confidence") < 90
    assert unlike == {"FaceId": ben, "Reasons": ["LOW_MATCH_CONFIDENCE"]}
    kept = client.delete_faces(CollectionId=collection, FaceIds=[ann, ben, unknown])
    assert kept["DeletedFaces"] == [ben]
    assert kept["UnsuccessfulFaceDeletions"] == [
        {"FaceId": ann, "UserId": "ann", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]},
        {"FaceId": unknown, "Reasons": ["FACE_NOT_FOUND"]},
    ]
    taken = client.disassociate_faces(**asked, FaceIds=[ann, again, unknown])
    assert [each["FaceId"] for each in taken["DisassociatedFaces"]] == [ann, again]
    assert (taken["UserStatus"], taken["UnsuccessfulFaceDisassociations"][0]["Reasons"]) == (
        "CREATED",
        ["FACE_NOT_FOUND"],
    )


def test_what_is_so_already_is_ignored(client, collection, portrait):
    """A face that a user has, or that nobody has, is in neither list, as AWS has it."""
    ann, ben = (index(client, collection, portrait(person, 0))[0] for person in PEOPLE[:2])
    client.create_user(CollectionId=collection, UserId="ann")
    asked = {"CollectionId": collection, "UserId": "ann", "UserMatchThreshold": 0}
    client.associate_faces(**asked, FaceIds=[ann])
    again = client.associate_faces(**asked, FaceIds=[ann, ben])
    assert again["AssociatedFaces"] == [{"FaceId": ben}]
    assert (again["UnsuccessfulFaceAssociations"], again["UserStatus"]) == ([], "ACTIVE")
    del asked["UserMatchThreshold"]
    client.disassociate_faces(**asked, FaceIds=[ben])
    free = client.disassociate_faces(**asked, FaceIds=[ben, ann])
    assert free["DisassociatedFaces"] == [{"FaceId": ann}]
    assert (free["UnsuccessfulFaceDisassociations"], free["UserStatus"]) == ([], "CREATED")


def test_of_a_group_the_largest_are_indexed_once(client, collection, group):
    """Largest box first, as many as are wanted; the rest with its reason; the same picture is the same faces."""
    first = client.index_faces(CollectionId=collection, Image=group, MaxFaces=2, QualityFilter="NONE")
    sizes = [
        each["Face"]["BoundingBox"]["Width"] * each["Face"]["BoundingBox"]["Height"] for each in first["FaceRecords"]
    ]
    assert len(sizes) == 2
    assert sizes == sorted(sizes, reverse=True)
    assert {tuple(each["Reasons"]) for each in first["UnindexedFaces"]} == {("EXCEEDS_MAX_FACES",)}
    ids = [each["Face"]["FaceId"] for each in first["FaceRecords"]]
    assert all(map(UUID.fullmatch, ids))
    assert len({each["Face"]["ImageId"] for each in first["FaceRecords"]}) == 1
    every = client.index_faces(CollectionId=collection, Image=group, QualityFilter="NONE")
    assert ids == [each["Face"]["FaceId"] for each in every["FaceRecords"]][:2]
    assert client.describe_collection(CollectionId=collection)["FaceCount"] == len(every["FaceRecords"])
    details = client.detect_faces(Image=group, Attributes=["ALL"])["FaceDetails"]
    assert [each["BoundingBox"] for each in details] == [
        each["FaceDetail"]["BoundingBox"] for each in every["FaceRecords"]
    ]
    by_image = client.search_users_by_image(CollectionId=collection, Image=group)
    assert by_image["UserMatches"] == []
    assert {tuple(each["Reasons"]) for each in by_image["UnsearchedFaces"]} == {("FACE_NOT_LARGEST",)}
    assert len(by_image["UnsearchedFaces"]) == len(details) - 1


def test_lists_come_in_pages(client, collection, group):
    """Paginators of collections, faces and users see everything once; tokens of other lists are refused."""
    ids = index(client, collection, group, QualityFilter="NONE")
    for user in ("u1", "u2", "u3"):
        client.create_user(CollectionId=collection, UserId=user)
    pages = list(client.get_paginator("list_faces").paginate(CollectionId=collection, MaxResults=2))
    assert sorted(each["FaceId"] for page in pages for each in page["Faces"]) == sorted(ids)
    assert len(pages) == -(-len(ids) // 2)
    users = client.get_paginator("list_users").paginate(CollectionId=collection, MaxResults=2)
    assert [each["UserId"] for page in users for each in page["Users"]] == ["u1", "u2", "u3"]
    names = [
        name
        for page in client.get_paginator("list_collections").paginate(MaxResults=1)
        for name in page["CollectionIds"]
    ]
    assert names.count(collection) == 1
    token = client.list_faces(CollectionId=collection, MaxResults=1)["NextToken"]
    assert refused(client.list_users, CollectionId=collection, NextToken=token) == (
        "InvalidPaginationTokenException",
        400,
    )
    some = client.list_faces(CollectionId=collection, FaceIds=[ids[0], str(uuid.uuid4())])["Faces"]
    assert [each["FaceId"] for each in some] == ids[:1]


def test_faces_are_searched_by_an_enrolled_one(client, collection, portrait):
    """It is not among its own matches; one that is not there is an invalid parameter, as AWS has it."""
    face = index(client, collection, portrait("Hugo_Chavez", 0))[0]
    other = index(client, collection, portrait("Hugo_Chavez", 0), ExternalImageId="copy")[0]
    found = client.search_faces(CollectionId=collection, FaceId=face)
    assert (found["SearchedFaceId"], [each["Face"]["FaceId"] for each in found["FaceMatches"]]) == (face, [other])
    unknown = refused(client.search_faces, CollectionId=collection, FaceId=str(uuid.uuid4()))
    assert unknown == ("InvalidParameterException", 400)


def test_two_pictures_are_compared(client, portrait, group, shared_media):
    """The same person matches, a group does not; without a face there is nothing to compare."""
    one, other = portrait("Colin_Powell", 0), portrait("Colin_Powell", 1)
    same = client.compare_faces(SourceImage=one, TargetImage=other)
    assert len(same["FaceMatches"]) == 1
    assert same["FaceMatches"][0]["Similarity"] >= 80
    different = client.compare_faces(SourceImage=one, TargetImage=group, SimilarityThreshold=99)
    assert different["FaceMatches"] == []
    assert len(different["UnmatchedFaces"]) == 5
    nothing = {"Bytes": next((shared_media / "nonface").glob("*.jpg")).read_bytes()}
    assert refused(client.compare_faces, SourceImage=one, TargetImage=nothing) == ("InvalidParameterException", 400)
    assert client.detect_faces(Image=nothing)["FaceDetails"] == []


def test_boxes_are_of_the_upright_picture(client, shared_media):
    """However a camera was held, EXIF says it: the face is at the same place."""
    boxes = []
    for orientation in (1, 3, 6):
        picture = {"Bytes": (shared_media / "formats" / f"exif_orientation_{orientation}.jpg").read_bytes()}
        (face,) = client.detect_faces(Image=picture)["FaceDetails"]
        boxes.append([face["BoundingBox"][side] for side in ("Left", "Top", "Width", "Height")])
        eyes = {each["Type"]: each["X"] for each in face["Landmarks"]}
        assert eyes["eyeLeft"] < eyes["eyeRight"]
    assert boxes[1] == pytest.approx(boxes[0], abs=0.03)
    assert boxes[2] == pytest.approx(boxes[0], abs=0.03)


def test_a_picture_without_a_face_is_no_error_where_aws_has_none(client, collection, shared_media):
    """IndexFaces and SearchUsersByImage answer empty lists; SearchFacesByImage is refused."""
    nothing = {"Bytes": next((shared_media / "nonface").glob("*.jpg")).read_bytes()}
    asked = {"CollectionId": collection, "Image": nothing}
    assert client.index_faces(**asked)["FaceRecords"] == []
    found = client.search_users_by_image(**asked)
    assert (found["UserMatches"], "SearchedFace" in found) == ([], False)
    assert refused(client.search_faces_by_image, **asked) == ("InvalidParameterException", 400)


def test_tags_are_kept_by_operators(system, client, collection):
    """Added, changed, removed, listed; a viewer reads them, and changes none."""
    arn = client.describe_collection(CollectionId=collection)["CollectionARN"]
    client.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    client.tag_resource(ResourceArn=arn, Tags={"b": "3"})
    client.untag_resource(ResourceArn=arn, TagKeys=["a", "unknown"])
    viewer = system.client_of("viewer", grant("viewer", ["*"]))
    assert viewer.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"b": "3"}
    assert refused(viewer.tag_resource, ResourceArn=arn, Tags={"c": "4"}) == ("AccessDeniedException", 400)
    unknown = refused(client.list_tags_for_resource, ResourceArn=arn + "x")
    assert unknown == ("ResourceNotFoundException", 400)


def test_a_token_makes_a_call_once(client, collection):
    """The same call again is the same answer; the token with another call is a mismatch; without it, a conflict."""
    asked = {"CollectionId": collection, "UserId": "ann", "ClientRequestToken": "one"}
    client.create_user(**asked)
    client.create_user(**asked)
    mismatch = refused(client.create_user, **asked | {"UserId": "ben"})
    assert mismatch == ("IdempotentParameterMismatchException", 400)
    assert refused(client.create_user, CollectionId=collection, UserId="ann") == ("ConflictException", 400)


def test_a_stored_video_is_searched_and_its_faces_are_said(system, client, collection, portrait):
    """Somebody who is enrolled is found in a second of video, and where their face is, by boto3 as it is."""
    [face] = index(client, collection, portrait("Colin_Powell", 0), ExternalImageId="powell")
    picture = cv2.imdecode(np.frombuffer(portrait("Colin_Powell", 1)["Bytes"], np.uint8), cv2.IMREAD_COLOR)
    path = write_frames(system.videos / "powell.mp4", [picture[:, :, ::-1]] * 10)
    video = {"S3Object": {"Bucket": "file", "Name": str(path)}}
    search = client.start_face_search(Video=video, CollectionId=collection, JobTag="one")["JobId"]
    detection = client.start_face_detection(Video=video, FaceAttributes="ALL")["JobId"]
    found = ended(client.get_face_search, search)
    assert (found["JobTag"], [each["Face"]["FaceId"] for each in found["Persons"][0]["FaceMatches"]]) == ("one", [face])
    said = ended(client.get_face_detection, detection)
    assert [each["Timestamp"] for each in said["Faces"]] == [0, 400, 700]
    assert said["VideoMetadata"]["DurationMillis"] == pytest.approx(1000, abs=150)
    of_picture = client.detect_faces(Image=portrait("Colin_Powell", 1))["FaceDetails"][0]
    for each in said["Faces"]:
        assert each["Face"]["BoundingBox"] == pytest.approx(of_picture["BoundingBox"], abs=0.05)
    assert refused(client.get_face_detection, JobId=search) == ("ResourceNotFoundException", 400)
    wrong = refused(client.get_face_detection, JobId=detection, NextToken="x")
    assert wrong == ("InvalidPaginationTokenException", 400)


def test_errors_have_the_codes_that_clients_know(system, client, collection, portrait, shared_media):
    """Wrong names, pictures and callers; each with its code."""
    picture = portrait("Colin_Powell", 0)
    webp = {"Bytes": next((shared_media / "formats").glob("*.webp")).read_bytes()}
    s3 = {"S3Object": {"Bucket": "pictures", "Name": "one.jpg"}}
    cases = [
        (client.create_collection, {"CollectionId": collection}, "ResourceAlreadyExistsException"),
        (client.create_collection, {"CollectionId": "a b"}, "ValidationException"),
        (client.index_faces, {"CollectionId": "unknown", "Image": picture}, "ResourceNotFoundException"),
        (client.detect_faces, {"Image": s3}, "InvalidS3ObjectException"),
        (client.detect_faces, {"Image": webp}, "InvalidImageFormatException"),
        (client.detect_faces, {"Image": {"Bytes": b"\xff\xd8\xff" + bytes(100)}}, "InvalidImageFormatException"),
        (client.detect_faces, {"Image": {"Bytes": bytes(5_242_881)}}, "ImageTooLargeException"),
        (client.detect_faces, {"Image": {"Bytes": bytes(8_000_000)}}, "ImageTooLargeException"),
        (client.detect_faces, {"Image": picture | s3}, "InvalidParameterException"),
        (client.delete_user, {"CollectionId": collection, "UserId": "nobody"}, "ResourceNotFoundException"),
        (client.search_users, {"CollectionId": collection}, "InvalidParameterException"),
        (client.get_person_tracking, {"JobId": "one"}, "AccessDeniedException"),
        (client.detect_labels, {"Image": picture}, "UnknownOperationException"),
        (system.client(KeyPair("SLUNKNOWN", "secret")).list_collections, {}, "UnrecognizedClientException"),
    ]
    assert [refused(call, **parameters) for call, parameters, _ in cases] == [(code, 400) for *_, code in cases]
