import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sightline.v1 import access_pb2 as _access_pb2
from sightline.v1 import events_pb2 as _events_pb2
from sightline.v1 import face_pb2 as _face_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class VideoJobKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VIDEO_JOB_KIND_UNSPECIFIED: _ClassVar[VideoJobKind]
    VIDEO_JOB_KIND_SEARCH: _ClassVar[VideoJobKind]
    VIDEO_JOB_KIND_DETECTION: _ClassVar[VideoJobKind]

class VideoJobState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VIDEO_JOB_STATE_UNSPECIFIED: _ClassVar[VideoJobState]
    VIDEO_JOB_STATE_QUEUED: _ClassVar[VideoJobState]
    VIDEO_JOB_STATE_RUNNING: _ClassVar[VideoJobState]
    VIDEO_JOB_STATE_DONE: _ClassVar[VideoJobState]
    VIDEO_JOB_STATE_FAILED: _ClassVar[VideoJobState]
    VIDEO_JOB_STATE_CANCELLED: _ClassVar[VideoJobState]

class ColorRange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COLOR_RANGE_UNSPECIFIED: _ClassVar[ColorRange]
    COLOR_RANGE_LIMITED: _ClassVar[ColorRange]
    COLOR_RANGE_FULL: _ClassVar[ColorRange]

class VideoPersonOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VIDEO_PERSON_ORDER_UNSPECIFIED: _ClassVar[VideoPersonOrder]
    VIDEO_PERSON_ORDER_TIME: _ClassVar[VideoPersonOrder]
    VIDEO_PERSON_ORDER_PERSON: _ClassVar[VideoPersonOrder]

class VideoThumbnails(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VIDEO_THUMBNAILS_UNSPECIFIED: _ClassVar[VideoThumbnails]
    VIDEO_THUMBNAILS_NONE: _ClassVar[VideoThumbnails]
    VIDEO_THUMBNAILS_BEST: _ClassVar[VideoThumbnails]
    VIDEO_THUMBNAILS_TRACKS: _ClassVar[VideoThumbnails]
VIDEO_JOB_KIND_UNSPECIFIED: VideoJobKind
VIDEO_JOB_KIND_SEARCH: VideoJobKind
VIDEO_JOB_KIND_DETECTION: VideoJobKind
VIDEO_JOB_STATE_UNSPECIFIED: VideoJobState
VIDEO_JOB_STATE_QUEUED: VideoJobState
VIDEO_JOB_STATE_RUNNING: VideoJobState
VIDEO_JOB_STATE_DONE: VideoJobState
VIDEO_JOB_STATE_FAILED: VideoJobState
VIDEO_JOB_STATE_CANCELLED: VideoJobState
COLOR_RANGE_UNSPECIFIED: ColorRange
COLOR_RANGE_LIMITED: ColorRange
COLOR_RANGE_FULL: ColorRange
VIDEO_PERSON_ORDER_UNSPECIFIED: VideoPersonOrder
VIDEO_PERSON_ORDER_TIME: VideoPersonOrder
VIDEO_PERSON_ORDER_PERSON: VideoPersonOrder
VIDEO_THUMBNAILS_UNSPECIFIED: VideoThumbnails
VIDEO_THUMBNAILS_NONE: VideoThumbnails
VIDEO_THUMBNAILS_BEST: VideoThumbnails
VIDEO_THUMBNAILS_TRACKS: VideoThumbnails

class VideoJob(_message.Message):
    __slots__ = ("id", "name", "source_url", "upload_id", "watchlist_ids", "sample_fps", "min_face_px", "detection_profile", "purpose", "case_reference", "state", "problem", "create_time", "start_time", "end_time", "expire_time", "progress", "kind", "notice")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_URL_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_IDS_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FPS_FIELD_NUMBER: _ClassVar[int]
    MIN_FACE_PX_FIELD_NUMBER: _ClassVar[int]
    DETECTION_PROFILE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    source_url: str
    upload_id: str
    watchlist_ids: _containers.RepeatedScalarFieldContainer[str]
    sample_fps: float
    min_face_px: int
    detection_profile: _face_pb2.DetectionProfile
    purpose: str
    case_reference: str
    state: VideoJobState
    problem: _face_pb2.Problem
    create_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    progress: VideoJobProgress
    kind: VideoJobKind
    notice: VideoJobNotice
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., source_url: _Optional[str] = ..., upload_id: _Optional[str] = ..., watchlist_ids: _Optional[_Iterable[str]] = ..., sample_fps: _Optional[float] = ..., min_face_px: _Optional[int] = ..., detection_profile: _Optional[_Union[_face_pb2.DetectionProfile, str]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., state: _Optional[_Union[VideoJobState, str]] = ..., problem: _Optional[_Union[_face_pb2.Problem, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., progress: _Optional[_Union[VideoJobProgress, _Mapping]] = ..., kind: _Optional[_Union[VideoJobKind, str]] = ..., notice: _Optional[_Union[VideoJobNotice, _Mapping]] = ...) -> None: ...

class VideoJobNotice(_message.Message):
    __slots__ = ("topic_arn", "api", "job_tag", "bucket", "object_name")
    TOPIC_ARN_FIELD_NUMBER: _ClassVar[int]
    API_FIELD_NUMBER: _ClassVar[int]
    JOB_TAG_FIELD_NUMBER: _ClassVar[int]
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    OBJECT_NAME_FIELD_NUMBER: _ClassVar[int]
    topic_arn: str
    api: str
    job_tag: str
    bucket: str
    object_name: str
    def __init__(self, topic_arn: _Optional[str] = ..., api: _Optional[str] = ..., job_tag: _Optional[str] = ..., bucket: _Optional[str] = ..., object_name: _Optional[str] = ...) -> None: ...

class VideoJobProgress(_message.Message):
    __slots__ = ("media_seconds", "media_duration_seconds", "checkpoint_media_seconds", "frames", "faces", "tracks", "tracks_matched", "resumptions", "fetched_bytes", "fetch_bytes", "video")
    MEDIA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MEDIA_DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_MEDIA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    TRACKS_MATCHED_FIELD_NUMBER: _ClassVar[int]
    RESUMPTIONS_FIELD_NUMBER: _ClassVar[int]
    FETCHED_BYTES_FIELD_NUMBER: _ClassVar[int]
    FETCH_BYTES_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    media_seconds: float
    media_duration_seconds: float
    checkpoint_media_seconds: float
    frames: int
    faces: int
    tracks: int
    tracks_matched: int
    resumptions: int
    fetched_bytes: int
    fetch_bytes: int
    video: VideoProperties
    def __init__(self, media_seconds: _Optional[float] = ..., media_duration_seconds: _Optional[float] = ..., checkpoint_media_seconds: _Optional[float] = ..., frames: _Optional[int] = ..., faces: _Optional[int] = ..., tracks: _Optional[int] = ..., tracks_matched: _Optional[int] = ..., resumptions: _Optional[int] = ..., fetched_bytes: _Optional[int] = ..., fetch_bytes: _Optional[int] = ..., video: _Optional[_Union[VideoProperties, _Mapping]] = ...) -> None: ...

class VideoProperties(_message.Message):
    __slots__ = ("codec", "format", "frame_rate", "width", "height", "color_range")
    CODEC_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    FRAME_RATE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    COLOR_RANGE_FIELD_NUMBER: _ClassVar[int]
    codec: str
    format: str
    frame_rate: float
    width: int
    height: int
    color_range: ColorRange
    def __init__(self, codec: _Optional[str] = ..., format: _Optional[str] = ..., frame_rate: _Optional[float] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., color_range: _Optional[_Union[ColorRange, str]] = ...) -> None: ...

class UploadVideoRequest(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    def __init__(self, chunk: _Optional[bytes] = ...) -> None: ...

class UploadVideoResponse(_message.Message):
    __slots__ = ("upload_id", "size_bytes", "expire_time")
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    upload_id: str
    size_bytes: int
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, upload_id: _Optional[str] = ..., size_bytes: _Optional[int] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class StartVideoJobRequest(_message.Message):
    __slots__ = ("name", "source_url", "upload_id", "watchlist_ids", "sample_fps", "min_face_px", "detection_profile", "purpose", "case_reference", "notice", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_URL_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_IDS_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FPS_FIELD_NUMBER: _ClassVar[int]
    MIN_FACE_PX_FIELD_NUMBER: _ClassVar[int]
    DETECTION_PROFILE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    source_url: str
    upload_id: str
    watchlist_ids: _containers.RepeatedScalarFieldContainer[str]
    sample_fps: float
    min_face_px: int
    detection_profile: _face_pb2.DetectionProfile
    purpose: str
    case_reference: str
    notice: VideoJobNotice
    request_id: str
    def __init__(self, name: _Optional[str] = ..., source_url: _Optional[str] = ..., upload_id: _Optional[str] = ..., watchlist_ids: _Optional[_Iterable[str]] = ..., sample_fps: _Optional[float] = ..., min_face_px: _Optional[int] = ..., detection_profile: _Optional[_Union[_face_pb2.DetectionProfile, str]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., notice: _Optional[_Union[VideoJobNotice, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class StartVideoJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: VideoJob
    def __init__(self, job: _Optional[_Union[VideoJob, _Mapping]] = ...) -> None: ...

class StartVideoDetectionRequest(_message.Message):
    __slots__ = ("name", "source_url", "upload_id", "sample_fps", "min_face_px", "detection_profile", "purpose", "case_reference", "notice", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_URL_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FPS_FIELD_NUMBER: _ClassVar[int]
    MIN_FACE_PX_FIELD_NUMBER: _ClassVar[int]
    DETECTION_PROFILE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    source_url: str
    upload_id: str
    sample_fps: float
    min_face_px: int
    detection_profile: _face_pb2.DetectionProfile
    purpose: str
    case_reference: str
    notice: VideoJobNotice
    request_id: str
    def __init__(self, name: _Optional[str] = ..., source_url: _Optional[str] = ..., upload_id: _Optional[str] = ..., sample_fps: _Optional[float] = ..., min_face_px: _Optional[int] = ..., detection_profile: _Optional[_Union[_face_pb2.DetectionProfile, str]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., notice: _Optional[_Union[VideoJobNotice, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class StartVideoDetectionResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: VideoJob
    def __init__(self, job: _Optional[_Union[VideoJob, _Mapping]] = ...) -> None: ...

class GetVideoJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class GetVideoJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: VideoJob
    def __init__(self, job: _Optional[_Union[VideoJob, _Mapping]] = ...) -> None: ...

class ListVideoJobsRequest(_message.Message):
    __slots__ = ("state", "page_size", "page_token")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    state: VideoJobState
    page_size: int
    page_token: str
    def __init__(self, state: _Optional[_Union[VideoJobState, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVideoJobsResponse(_message.Message):
    __slots__ = ("jobs", "next_page_token")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[VideoJob]
    next_page_token: str
    def __init__(self, jobs: _Optional[_Iterable[_Union[VideoJob, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelVideoJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class CancelVideoJobResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: VideoJob
    def __init__(self, job: _Optional[_Union[VideoJob, _Mapping]] = ...) -> None: ...

class DeleteVideoJobRequest(_message.Message):
    __slots__ = ("job_id", "purpose", "case_reference")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    purpose: str
    case_reference: str
    def __init__(self, job_id: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class DeleteVideoJobResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetVideoJobResultsRequest(_message.Message):
    __slots__ = ("job_id", "watchlist_id", "order", "min_similarity", "thumbnails", "page_size", "page_token", "purpose", "case_reference")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    MIN_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    THUMBNAILS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    watchlist_id: str
    order: VideoPersonOrder
    min_similarity: float
    thumbnails: VideoThumbnails
    page_size: int
    page_token: str
    purpose: str
    case_reference: str
    def __init__(self, job_id: _Optional[str] = ..., watchlist_id: _Optional[str] = ..., order: _Optional[_Union[VideoPersonOrder, str]] = ..., min_similarity: _Optional[float] = ..., thumbnails: _Optional[_Union[VideoThumbnails, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class GetVideoJobResultsResponse(_message.Message):
    __slots__ = ("persons", "next_page_token", "job", "fit_for")
    PERSONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    JOB_FIELD_NUMBER: _ClassVar[int]
    FIT_FOR_FIELD_NUMBER: _ClassVar[int]
    persons: _containers.RepeatedCompositeFieldContainer[VideoPerson]
    next_page_token: str
    job: VideoJob
    fit_for: str
    def __init__(self, persons: _Optional[_Iterable[_Union[VideoPerson, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., job: _Optional[_Union[VideoJob, _Mapping]] = ..., fit_for: _Optional[str] = ...) -> None: ...

class VideoPerson(_message.Message):
    __slots__ = ("watchlist_id", "person", "first_media_seconds", "last_media_seconds", "spans", "track_count")
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    FIRST_MEDIA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LAST_MEDIA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    TRACK_COUNT_FIELD_NUMBER: _ClassVar[int]
    watchlist_id: str
    person: _events_pb2.Candidate
    first_media_seconds: float
    last_media_seconds: float
    spans: _containers.RepeatedCompositeFieldContainer[VideoSpan]
    track_count: int
    def __init__(self, watchlist_id: _Optional[str] = ..., person: _Optional[_Union[_events_pb2.Candidate, _Mapping]] = ..., first_media_seconds: _Optional[float] = ..., last_media_seconds: _Optional[float] = ..., spans: _Optional[_Iterable[_Union[VideoSpan, _Mapping]]] = ..., track_count: _Optional[int] = ...) -> None: ...

class VideoSpan(_message.Message):
    __slots__ = ("first_media_seconds", "last_media_seconds", "best_similarity", "tracks")
    FIRST_MEDIA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LAST_MEDIA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    BEST_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    first_media_seconds: float
    last_media_seconds: float
    best_similarity: float
    tracks: _containers.RepeatedCompositeFieldContainer[VideoTrack]
    def __init__(self, first_media_seconds: _Optional[float] = ..., last_media_seconds: _Optional[float] = ..., best_similarity: _Optional[float] = ..., tracks: _Optional[_Iterable[_Union[VideoTrack, _Mapping]]] = ...) -> None: ...

class VideoTrack(_message.Message):
    __slots__ = ("track_id", "first_media_seconds", "last_media_seconds", "similarity", "cosine", "bounding_box", "best_media_seconds", "thumbnail")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_MEDIA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LAST_MEDIA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    BOUNDING_BOX_FIELD_NUMBER: _ClassVar[int]
    BEST_MEDIA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    THUMBNAIL_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    first_media_seconds: float
    last_media_seconds: float
    similarity: float
    cosine: float
    bounding_box: _face_pb2.BoundingBox
    best_media_seconds: float
    thumbnail: bytes
    def __init__(self, track_id: _Optional[str] = ..., first_media_seconds: _Optional[float] = ..., last_media_seconds: _Optional[float] = ..., similarity: _Optional[float] = ..., cosine: _Optional[float] = ..., bounding_box: _Optional[_Union[_face_pb2.BoundingBox, _Mapping]] = ..., best_media_seconds: _Optional[float] = ..., thumbnail: _Optional[bytes] = ...) -> None: ...

class ListVideoJobFacesRequest(_message.Message):
    __slots__ = ("job_id", "page_size", "page_token", "purpose", "case_reference")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    page_size: int
    page_token: str
    purpose: str
    case_reference: str
    def __init__(self, job_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class ListVideoJobFacesResponse(_message.Message):
    __slots__ = ("faces", "next_page_token", "job")
    FACES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    JOB_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[VideoFace]
    next_page_token: str
    job: VideoJob
    def __init__(self, faces: _Optional[_Iterable[_Union[VideoFace, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., job: _Optional[_Union[VideoJob, _Mapping]] = ...) -> None: ...

class VideoFace(_message.Message):
    __slots__ = ("media_seconds", "face")
    MEDIA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    media_seconds: float
    face: _face_pb2.Face
    def __init__(self, media_seconds: _Optional[float] = ..., face: _Optional[_Union[_face_pb2.Face, _Mapping]] = ...) -> None: ...

class VideoFaces(_message.Message):
    __slots__ = ("faces",)
    FACES_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[VideoFace]
    def __init__(self, faces: _Optional[_Iterable[_Union[VideoFace, _Mapping]]] = ...) -> None: ...

class VideoJobEvent(_message.Message):
    __slots__ = ("job_id", "name", "state", "problem", "time")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    name: str
    state: VideoJobState
    problem: _face_pb2.Problem
    time: _timestamp_pb2.Timestamp
    def __init__(self, job_id: _Optional[str] = ..., name: _Optional[str] = ..., state: _Optional[_Union[VideoJobState, str]] = ..., problem: _Optional[_Union[_face_pb2.Problem, _Mapping]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class VideoJobCompletion(_message.Message):
    __slots__ = ("job_id", "topic_arn", "message", "time")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TOPIC_ARN_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    topic_arn: str
    message: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, job_id: _Optional[str] = ..., topic_arn: _Optional[str] = ..., message: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
