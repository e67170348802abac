"""For every RPC, the cases that its declaration asks for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.v1 import access_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import MethodDescriptor

PROTOS = Path(__file__).parents[1] / "protos" / "sightline" / "v1"
PROBE_WATCHLIST = "probe_watchlist"


@dataclass(frozen=True)
class Case:
    """One row of the table: which objects a request names, and how far the caller's grants go.

    Attributes:
        label: as the row says it.
        named: for each kind of object: own, foreign, missing, or none.
        all_watchlists: whether the caller's grants are on all watchlists, or on their own alone.
        all_cameras: the same for cameras.
        probe: the watchlist that a search's probe is of, beside those that are searched: as in `named`.
    """

    label: str
    named: dict[int, str] = field(default_factory=dict)
    all_watchlists: bool = False
    all_cameras: bool = False
    probe: str = "none"

    def naming(self, kind: int, which: str) -> Case:
        """With another object of that kind."""
        label = f"no {_kind(kind)} named" if which == "none" else f"{which} {_kind(kind)}"
        return replace(self, label=label, named={**self.named, kind: which})

    def probing(self, which: str) -> Case:
        """With a probe of another watchlist."""
        label = "no probe watchlist named" if which == "none" else f"{which} probe watchlist"
        return replace(self, label=label, probe=which)


def methods() -> list[MethodDescriptor]:
    """Every RPC of every service."""
    modules = [import_module(f"sightline.v1.{path.stem}_pb2") for path in sorted(PROTOS.glob("*_service.proto"))]
    return [
        method for module in modules for each in module.DESCRIPTOR.services_by_name.values() for method in each.methods
    ]


def cases(method: MethodDescriptor) -> Iterator[Case]:
    """The cases that the declaration of an RPC asks for; the first is the one in which all is the caller's own."""
    targets = method.GetOptions().Extensions[access_pb2.access].targets
    base = _base(targets)
    yield base
    for target in targets:
        if target.field == PROBE_WATCHLIST:
            yield from map(base.probing, ("foreign", "missing", "none"))
            continue
        if target.scope == access_pb2.SCOPE_NEW and target.kind != access_pb2.OBJECT_KIND_SUBJECT:
            yield replace(base, label="new without a grant on all", all_watchlists=False, all_cameras=False)
        if target.field:
            yield base.naming(target.kind, "foreign")
            yield base.naming(target.kind, "missing")
        if target.field and target.scope == access_pb2.SCOPE_FILTERED:
            yield base.naming(target.kind, "none")
        if target.scope == access_pb2.SCOPE_ALL:
            none = base.naming(target.kind, "none")
            yield replace(none, label=f"{none.label} without a grant on all")
            cameras = target.kind == access_pb2.OBJECT_KIND_CAMERA
            granted = {"all_cameras" if cameras else "all_watchlists": True}
            yield replace(none, label=f"{none.label} with a grant on all", **granted)


def _base(targets) -> Case:
    new = {target.kind for target in targets if target.scope == access_pb2.SCOPE_NEW}
    named = {target.kind: "own" for target in targets if target.field}
    only_listed = not named and all(target.scope == access_pb2.SCOPE_FILTERED for target in targets)
    label = "new" if new else "own" if named else "none named" if only_listed else "-"
    return Case(
        label,
        named,
        all_watchlists=access_pb2.OBJECT_KIND_WATCHLIST in new,
        all_cameras=access_pb2.OBJECT_KIND_CAMERA in new,
        probe="own" if any(target.field == PROBE_WATCHLIST for target in targets) else "none",
    )


def _kind(kind: int) -> str:
    return access_pb2.ObjectKind.Name(kind).removeprefix("OBJECT_KIND_").lower().replace("_", " ")
