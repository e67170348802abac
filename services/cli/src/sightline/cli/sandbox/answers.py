"""What a test asks: one set is enrolled, every probe of another is searched for, and each answer is kept."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.chassis.ids import new_id
from sightline.chassis.rpc import from_rpc_error
from sightline.cli.client import CALL_SECONDS
from sightline.cli.import_call import Batch, ImportCall, Refused
from sightline.cli.import_sources import Entry
from sightline.cli.pictures import read_picture
from sightline.cli.sandbox.probes import Probe
from sightline.v1 import import_service_pb2 as import_pb
from sightline.v1 import search_service_pb2 as pb

PURPOSE = "Independent testing"
# What is wrong with one picture, and not with the system.
_OF_THE_PICTURE = (InvalidInput, NotFound, FailedPrecondition)


@dataclass(frozen=True)
class Failure:
    """A picture that could not be enrolled, or searched for."""

    picture: str
    reason: str
    message: str


@dataclass(frozen=True)
class EnrolmentSet:
    """Who is enrolled, and how.

    Attributes:
        entries: what there is to enrol.
        terms: which face, and how good it has to be: a request without items.
        templates: whether the entries are templates, and not pictures.
    """

    entries: Sequence[Entry]
    terms: import_pb.ImportFacesRequest
    templates: bool


@dataclass
class Enrolment:
    """What became of the enrolment set; `known` are pictures that came twice for one person."""

    pictures: int
    enrolled: int = 0
    known: int = 0
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def done(self) -> int:
        """How many pictures are answered."""
        return self.enrolled + self.known + len(self.failures)

    def answered(self, response: import_pb.ImportFacesResponse) -> None:
        """Count what the service says of a batch."""
        outcomes = Counter(item.outcome for item in response.items)
        self.enrolled += outcomes[import_pb.IMPORT_OUTCOME_ENROLLED]
        self.known += outcomes[import_pb.IMPORT_OUTCOME_KNOWN]
        refused = (item for item in response.items if item.outcome == import_pb.IMPORT_OUTCOME_REFUSED)
        self.failures += [Failure(item.key, item.problem.reason, item.problem.message) for item in refused]

    def refused(self, refused: Refused) -> None:
        """Note a picture that could not be sent."""
        self.failures.append(Failure(refused.entry.key, refused.reason, refused.message))


@dataclass(frozen=True)
class Answer:
    """What one search came to: candidates, the most similar first, or a failure; `milliseconds` as the caller waits."""

    probe: Probe
    milliseconds: float
    candidates: Sequence[pb.PersonMatch] = ()
    failure: Failure | None = None


async def enrol(stub: Any, watchlist: str, chosen: EnrolmentSet, on_progress: Callable[[int], None]) -> Enrolment:
    """Enrol a set into a watchlist, by its id; `on_progress` is told how many pictures are answered.

    Raises:
        AioRpcError: the service refused all of it, or is gone.
    """
    header = import_pb.ImportFacesRequest(watchlist=watchlist, purpose=PURPOSE, import_id=new_id())
    header.MergeFrom(chosen.terms)
    enrolment, begin = Enrolment(len(chosen.entries)), time.perf_counter()

    def answered(_: Batch, response: import_pb.ImportFacesResponse) -> None:
        enrolment.answered(response)
        on_progress(enrolment.done)

    call = ImportCall(stub.ImportFaces, header, answered, enrolment.refused, templates=chosen.templates)
    await call.run(chosen.entries)
    enrolment.seconds = time.perf_counter() - begin
    return enrolment


async def search(
    stub: Any, watchlist: str, probes: Sequence[Probe], top: int, answered: Callable[[Answer], None]
) -> None:
    """Search for each probe, one after another, whatever the threshold: the `top` most similar people.

    Raises:
        AioRpcError: the service is gone.
    """
    for probe in probes:
        answered(await _search_one(stub, watchlist, probe, top))


async def _search_one(stub: Any, watchlist: str, probe: Probe, top: int) -> Answer:
    begin = time.perf_counter()

    def since() -> float:
        return (time.perf_counter() - begin) * 1000

    try:
        request = pb.SearchPersonsRequest(
            watchlists=[watchlist], image=read_picture(probe.path), max_persons=top, min_similarity=0, purpose=PURPOSE
        )
        response = await stub.SearchPersons(request, timeout=CALL_SECONDS)
    except _OF_THE_PICTURE as error:
        return Answer(probe, since(), failure=Failure(probe.key, error.reason, error.message))
    except grpc.aio.AioRpcError as error:
        known = from_rpc_error(error, "match")
        if not isinstance(known, _OF_THE_PICTURE):
            raise
        return Answer(probe, since(), failure=Failure(probe.key, known.reason, known.message))
    return Answer(probe, since(), response.matches)
