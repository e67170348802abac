"""Reads from the contracts who may call what, and decides: every RPC declares its roles and its objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from google.protobuf import descriptor_pool

from sightline.chassis.enum_names import enum_name
from sightline.chassis.errors import FailedPrecondition, NotFound, PermissionDenied
from sightline.chassis.identity.rights import EVERYTHING, NOTHING, Reach, Selection, role_word
from sightline.v1 import access_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from google.protobuf.descriptor import ServiceDescriptor
    from google.protobuf.message import Message

    from sightline.chassis.principal import Principal

_TOGETHER = (access_pb2.OBJECT_KIND_WATCHLIST, access_pb2.OBJECT_KIND_CAMERA)


class NotGranted(NotFound):
    """The object is there, and not for this caller: to them it is as if it were not. Only our own records differ."""


class Within(Protocol):
    """Where an object belongs, whatever it belongs to."""

    def within(self, reach: Reach) -> bool:
        """Whether a caller with that reach may touch it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object belongs: to a watchlist, a camera, a subject, or several of them ("" = to none)."""

    watchlist: str = ""
    camera: str = ""
    subject: str = ""

    def within(self, reach: Reach) -> bool:
        """See Within."""
        mine = not self.subject or self.subject in reach.subjects
        return mine and reach.has(self.watchlist, self.camera)


class Locator(Protocol):
    """Knows, in one service, where the objects of one kind belong."""

    async def place(self, name: str) -> Within | None:
        """Of the object that a request names so; None where there is none."""

    def missing(self, name: str) -> NotFound:
        """What the service says of an object that is not there."""


class WatchlistIds:
    """A Locator for services that know watchlists by their ids alone: any id may be one."""

    async def place(self, name: str) -> Place | None:
        """See Locator."""
        return Place(watchlist=name)

    def missing(self, name: str) -> NotFound:
        """See Locator."""
        return NotFound("WATCHLIST_NOT_FOUND", f"There is no watchlist '{name}': `sightline watchlists list`.")


class CameraIds:
    """A Locator for services that know cameras by their ids alone: any id may be one."""

    async def place(self, name: str) -> Place | None:
        """See Locator."""
        return Place(camera=name)

    def missing(self, name: str) -> NotFound:
        """See Locator."""
        return NotFound("CAMERA_NOT_FOUND", f"There is no camera {name}: `sightline cameras list` shows them.")


class ForServices:
    """A Locator for objects that our own services alone ask for.

    Args:
        missing: what is said of one that is not there.
    """

    def __init__(self, missing: NotFound) -> None:
        self._missing = missing

    async def place(self, name: str) -> Place | None:  # noqa: ARG002 - the port's signature
        """See Locator."""
        return Place()

    def missing(self, name: str) -> NotFound:  # noqa: ARG002 - the port's signature
        """See Locator."""
        return self._missing


class AccessTable:
    """The declarations of the services that a process serves, by full method name (`/package.Service/Method`).

    Args:
        services: full names of the gRPC services.
        locators: for every kind of object that their requests name.

    Raises:
        FailedPrecondition: ACCESS_UNDECLARED, where an RPC has no declaration, or nobody knows where its objects
            belong; such a service does not start.
    """

    def __init__(self, services: Iterable[str], locators: Mapping[int, Locator]) -> None:
        self._locators = locators
        self._declared = {
            f"/{service}/{method}": access for service in services for method, access in _declarations(service).items()
        }
        for method, access in self._declared.items():
            for target in access.targets:
                if target.field and target.kind not in locators:
                    kind = enum_name(access_pb2.ObjectKind, target.kind)
                    raise FailedPrecondition(
                        "ACCESS_UNDECLARED", f"{method} names a {kind}, and the service has no locator for it."
                    )

    def __contains__(self, method: str) -> bool:
        return method in self._declared

    @property
    def methods(self) -> Iterable[str]:
        """Full names of what is declared."""
        return self._declared.keys()

    def reach(self, method: str, principal: Principal) -> Reach:
        """What the caller may touch with this RPC. Raises PermissionDenied ROLE_MISSING where they may not call it."""
        access = self._declared[method]
        reach = principal.rights.reach(access.roles)
        if access.own:
            # Whoever has one of the roles reaches everybody's; the others their own.
            return reach or Reach(subjects=Selection.of([principal.subject]))
        if reach is None:
            roles = " or ".join(map(role_word, access.roles))
            raise PermissionDenied("ROLE_MISSING", f"This takes the role {roles}: `sightline whoami` shows yours.")
        return reach

    async def check(self, method: str, request: Message, reach: Reach) -> None:
        """Checks what the request is about.

        Raises:
            NotFound: as the service says it of a missing object, also where the object is there for others.
            PermissionDenied: GRANT_TOO_NARROW, the call is about all objects of a kind, or about watchlists and cameras
                that the caller may see, and not together.
        """
        wanted: dict[int, Selection] = {}
        for target, named in zip(self._declared[method].targets, self.objects(method, request), strict=True):
            wanted[target.kind] = Selection(frozenset(named))
            if target.scope == access_pb2.SCOPE_NEW or (target.scope == access_pb2.SCOPE_ALL and not named):
                need_all(target.kind, reach)
                wanted[target.kind] = EVERYTHING
            for name in named:
                locator = self._locators[target.kind]
                place = await locator.place(name)
                missing = locator.missing(name)
                if place is None:
                    raise missing
                if not place.within(reach):
                    raise NotGranted(missing.reason, missing.message)
        # Requests about both call them by their ids.
        watchlists, cameras = (wanted.get(kind, NOTHING) for kind in _TOGETHER)
        if NOTHING not in (watchlists, cameras):
            need_together(watchlists, cameras, reach)

    def objects(self, method: str, request: Message) -> list[list[str]]:
        """The names of the objects that the request is about, for each of the RPC's targets."""
        return [
            list(_named(request, target.field)) if target.field else [] for target in self._declared[method].targets
        ]


def service_descriptor(service: str) -> ServiceDescriptor:
    """The descriptor of a service whose module has been imported."""
    return descriptor_pool.Default().FindServiceByName(service)


def _declarations(service: str) -> dict[str, access_pb2.Access]:
    declared = {}
    for method in service_descriptor(service).methods:
        access: access_pb2.Access = method.GetOptions().Extensions[access_pb2.access]  # type: ignore[index]  # the stub of an extension is untyped
        if not access.roles or not access.targets:
            raise FailedPrecondition(
                "ACCESS_UNDECLARED", f"{service}/{method.name} declares no access: add the option to its .proto."
            )
        declared[method.name] = access
    return declared


def _named(request: Message, path: str) -> Iterator[str]:
    """The names that stand in the field; none where it is empty."""
    *parents, last = path.split(".")
    for parent in parents:
        request = getattr(request, parent)
    value = getattr(request, last)
    yield from filter(None, [value] if isinstance(value, str) else value)


def need_all(kind: int, reach: Reach) -> None:
    """Raises PermissionDenied GRANT_TOO_NARROW unless all objects of that kind are within reach."""
    selections: dict[int, tuple[str, Selection]] = {
        access_pb2.OBJECT_KIND_WATCHLIST: ("watchlists", reach.watchlists),
        access_pb2.OBJECT_KIND_CAMERA: ("cameras", reach.cameras),
        access_pb2.OBJECT_KIND_SUBJECT: ("subjects", reach.subjects),
    }
    name, selection = selections[kind]
    if selection != EVERYTHING:
        raise PermissionDenied(
            "GRANT_TOO_NARROW", f"This takes a grant on all {name} ('*'): `sightline whoami` shows yours."
        )


def need_together(watchlists: Selection, cameras: Selection, reach: Reach) -> None:
    """Raises PermissionDenied GRANT_TOO_NARROW unless each of the watchlists is within reach at each of the cameras."""
    if not reach.covers(Reach.of(watchlists, cameras)):
        which, where = ("all" if selection == EVERYTHING else "these" for selection in (watchlists, cameras))
        raise PermissionDenied(
            "GRANT_TOO_NARROW",
            f"This takes one grant that has {which} watchlists and {where} cameras: `sightline whoami` shows yours.",
        )
