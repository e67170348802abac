import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sightline.v1 import subscription_service_pb2 as _subscription_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SubscriptionRecord(_message.Message):
    __slots__ = ("subscription", "destination", "generation", "start_time", "changes", "unsent")
    SUBSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    UNSENT_FIELD_NUMBER: _ClassVar[int]
    subscription: _subscription_service_pb2.Subscription
    destination: SealedDestination
    generation: int
    start_time: _timestamp_pb2.Timestamp
    changes: int
    unsent: _containers.RepeatedCompositeFieldContainer[_subscription_service_pb2.SubscriptionEvent]
    def __init__(self, subscription: _Optional[_Union[_subscription_service_pb2.Subscription, _Mapping]] = ..., destination: _Optional[_Union[SealedDestination, _Mapping]] = ..., generation: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., changes: _Optional[int] = ..., unsent: _Optional[_Iterable[_Union[_subscription_service_pb2.SubscriptionEvent, _Mapping]]] = ...) -> None: ...

class SealedDestination(_message.Message):
    __slots__ = ("nonce", "ciphertext")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    nonce: bytes
    ciphertext: bytes
    def __init__(self, nonce: _Optional[bytes] = ..., ciphertext: _Optional[bytes] = ...) -> None: ...

class Destination(_message.Message):
    __slots__ = ("url", "secrets")
    URL_FIELD_NUMBER: _ClassVar[int]
    SECRETS_FIELD_NUMBER: _ClassVar[int]
    url: str
    secrets: _containers.RepeatedCompositeFieldContainer[SigningSecret]
    def __init__(self, url: _Optional[str] = ..., secrets: _Optional[_Iterable[_Union[SigningSecret, _Mapping]]] = ...) -> None: ...

class SigningSecret(_message.Message):
    __slots__ = ("key", "expire_time")
    KEY_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, key: _Optional[bytes] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UndeliveredRecord(_message.Message):
    __slots__ = ("sequences", "attempts", "first_failure_time", "next_attempt_time")
    SEQUENCES_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    FIRST_FAILURE_TIME_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_TIME_FIELD_NUMBER: _ClassVar[int]
    sequences: _containers.RepeatedScalarFieldContainer[int]
    attempts: int
    first_failure_time: _timestamp_pb2.Timestamp
    next_attempt_time: _timestamp_pb2.Timestamp
    def __init__(self, sequences: _Optional[_Iterable[int]] = ..., attempts: _Optional[int] = ..., first_failure_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_attempt_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
