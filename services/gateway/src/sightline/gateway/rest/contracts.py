"""The contracts at run time: of every RPC its messages, without code for each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from google.protobuf import descriptor_pool, message_factory

from sightline.gateway.upstream import HOSTS

if TYPE_CHECKING:
    import grpc
    from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor
    from google.protobuf.message import Message

    from sightline.gateway.upstream import Upstream

PACKAGE = "sightline.v1"


@dataclass(frozen=True)
class Contract:
    """One RPC."""

    method: MethodDescriptor

    @property
    def service(self) -> str:
        """Full name of the gRPC service."""
        return str(self.method.containing_service.full_name)

    @property
    def request(self) -> Descriptor:
        """What it takes."""
        return self.method.input_type

    @property
    def response(self) -> Descriptor:
        """What it gives, once or as a stream."""
        return self.method.output_type

    def new_request(self) -> Message:
        """An empty request."""
        return message_factory.GetMessageClass(self.request)()

    def on(self, upstream: Upstream) -> Any:
        """What calls it, as the stub of grpcio has it."""
        return self._callable(upstream.channel(self.service))

    def _callable(self, channel: grpc.aio.Channel) -> Any:
        sides = {True: "stream", False: "unary"}
        kind = f"{sides[self.method.client_streaming]}_{sides[self.method.server_streaming]}"
        return getattr(channel, kind)(
            f"/{self.service}/{self.method.name}",
            request_serializer=message_factory.GetMessageClass(self.request).SerializeToString,
            response_deserializer=message_factory.GetMessageClass(self.response).FromString,
        )


@cache
def contract_of(rpc: str) -> Contract:
    """The contract of `GalleryService/GetPerson` (KeyError: there is none)."""
    service, _, name = rpc.partition("/")
    return Contract(service_of(f"{PACKAGE}.{service}").methods_by_name[name])


def service_of(full_name: str) -> ServiceDescriptor:
    """The contract of a gRPC service."""
    stem = re.sub(r"(?<!^)(?=[A-Z])", "_", full_name.rpartition(".")[2]).lower()
    import_module(f"{PACKAGE}.{stem}_pb2")
    return descriptor_pool.Default().FindServiceByName(full_name)


def public_rpcs() -> list[str]:
    """Every RPC of the services behind the gateway, as `GalleryService/GetPerson`."""
    return [f"{service.name}/{method.name}" for service in map(service_of, sorted(HOSTS)) for method in service.methods]
