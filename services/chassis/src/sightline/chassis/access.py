"""Reads from the contracts who may call what: every RPC declares its roles and its object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf import descriptor_pool

from sightline.chassis.errors import FailedPrecondition
from sightline.v1 import access_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.descriptor import ServiceDescriptor

    from sightline.chassis.principal import Principal


class AccessTable:
    """The declarations of the services that a process serves, by full method name (`/package.Service/Method`).

    Raises:
        FailedPrecondition: ACCESS_UNDECLARED, where an RPC has no declaration; such a service does not start.
    """

    def __init__(self, services: Iterable[str]) -> None:
        self._declared = {
            f"/{service}/{method}": access for service in services for method, access in _declarations(service).items()
        }

    def __contains__(self, method: str) -> bool:
        return method in self._declared

    def authorize(self, method: str, principal: Principal) -> None:  # noqa: ARG002 - all are allowed for now
        """Checks the caller against the declaration. Until callers have roles, everybody known may do everything."""
        _ = self._declared[method]


def service_descriptor(service: str) -> ServiceDescriptor:
    """The descriptor of a service whose module has been imported."""
    return descriptor_pool.Default().FindServiceByName(service)


def _declarations(service: str) -> dict[str, access_pb2.Access]:
    declared = {}
    for method in service_descriptor(service).methods:
        access: access_pb2.Access = method.GetOptions().Extensions[access_pb2.access]  # type: ignore[index]  # the stub of an extension is untyped
        if not access.roles or not access.object_kind:
            raise FailedPrecondition(
                "ACCESS_UNDECLARED", f"{service}/{method.name} declares no access: add the option to its .proto."
            )
        declared[method.name] = access
    return declared
