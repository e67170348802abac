"""What the whole system leaves on the disk: of strangers nothing, and nothing of whoever was erased."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
import pytest
from secrets_for_tests import secrets_folder, tester
from traces import files_with, in_index, picture_trace, template_trace
from video_system import display_name, running_video_system

from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import NotFound
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.owner_key import Sealed
from sightline.chassis.rpc import from_rpc_error, open_channel
from sightline.chassis.topology import (
    EVIDENCE,
    NOTIFY,
    NOTIFY_ERASED,
    NOTIFY_EVIDENCE,
    NOTIFY_KEYS,
    NOTIFY_REFERENCES,
)
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.v1 import (
    alert_service_pb2,
    erasure_service_pb2,
    events_pb2,
    face_pb2,
    gallery_service_pb2,
    import_service_pb2,
    index_service_pb2,
    records_pb2,
    search_service_pb2,
)
from sightline.v1.alert_service_pb2_grpc import AlertServiceStub
from sightline.v1.erasure_service_pb2_grpc import ErasureServiceStub
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.import_service_pb2_grpc import ImportServiceStub
from sightline.v1.index_service_pb2_grpc import IndexServiceStub
from sightline.v1.search_service_pb2_grpc import SearchServiceStub

ERASED, STAYING = "Colin_Powell", "Hugo_Chavez"
PEOPLE = {
    ERASED: "portraits/Colin_Powell/02_Colin_Powell_0002.jpg",
    STAYING: "portraits/Hugo_Chavez/01_Hugo_Chavez_0001.jpg",
}
ANOTHER_PICTURE = "portraits/Colin_Powell/01_Colin_Powell_0001.jpg"
WHY = {"purpose": "test", "case_reference": "case-7"}
OF_MATCH = ["requested", "not-searchable", "records-deleted", "key-destroyed", "not-on-disk"]
OF_NOTIFY = ["alerts-redacted", "sightings-deleted", "pictures-deleted", "pictures-key-destroyed"]


@dataclass
class Witness:
    """Hears what travels between the services, in the memory of this process: crops and templates, by track."""

    crops: dict[str, list[bytes]] = field(default_factory=dict)
    templates: dict[str, list[list[float]]] = field(default_factory=dict)
    sightings: list[events_pb2.Sighting] = field(default_factory=list)

    async def face(self, message) -> None:
        event = events_pb2.FaceEvent.FromString(message.data)
        for shot in (event.shot, event.closed.best, *event.closed.others):
            if shot.crop:
                self.crops.setdefault(event.track_id, []).append(shot.crop)

    async def embedding(self, message) -> None:
        event = events_pb2.EmbeddingEvent.FromString(message.data)
        if event.vector:
            self.templates.setdefault(event.face.track_id, []).append(list(event.vector))

    async def sighting(self, message) -> None:
        self.sightings.append(events_pb2.Sighting.FromString(message.data))

    def strangers(self) -> set[str]:
        """Tracks that match nobody."""
        return set(self.crops) - {sighting.track_id for sighting in self.sightings}

    def probes(self, person: str) -> list[bytes]:
        """Traces of all crops with which a person was sighted."""
        of = [sighting for sighting in self.sightings if sighting.candidates[0].external_id == person]
        return [picture_trace(sighting.crop) for sighting in of]


@dataclass
class Watched:
    """A system that has seen a video, what went through it, and where its files are."""

    system: object
    witness: Witness
    folder: object
    media: object

    @asynccontextmanager
    async def stub(self, service, kind):
        """The calls of one API, by somebody who may do everything."""
        async with open_channel(self.system.services[service].target, tester()) as channel:
            yield kind(channel)

    @asynccontextmanager
    async def bus(self):
        """A connection to the broker."""
        async with connect_bus(self.system.nats.tester_url, "test") as bus:
            yield bus

    def files_with(self, *traces) -> dict[str, int]:
        """Files of broker, services, logs and temporary folder that have one of these."""
        return files_with(traces, self.folder)


@pytest.fixture(scope="module")
def watched(tmp_path_factory, starter_pack, shared_media):
    """All services, two people with kept references, and a video in which they walk by with five others."""
    folder = tmp_path_factory.mktemp("forgetting")
    options = {"alerts": True, "keep_references": True}
    with running_video_system(folder, starter_pack, shared_media, PEOPLE, **options) as system:
        yield Watched(system, asyncio.run(watch(system, shared_media)), folder, shared_media)


async def watch(system, media) -> Witness:
    """Searches the video, and returns once there are alerts with all their pictures."""
    witness = Witness()
    async with connect_bus(system.nats.tester_url, "witness") as bus, system.jobs() as jobs:
        await bus.client.subscribe("sightline.faces.>", cb=witness.face)
        await bus.client.subscribe("sightline.embeddings.>", cb=witness.embedding)
        await bus.client.subscribe("sightline.sightings.>", cb=witness.sighting)
        await jobs.ended(await jobs.start(media / "video" / "cctv_public.mp4", **WHY))
        await handled(bus)
    return witness


async def handled(bus) -> None:
    """Returns once notify has nothing left to do."""
    async with asyncio.timeout(120):
        while any([await bus.lag(each) for each in (NOTIFY, NOTIFY_EVIDENCE, NOTIFY_REFERENCES, NOTIFY_ERASED)]):
            await asyncio.sleep(0.1)


@pytest.mark.timeout(300)
def test_strangers_leave_nothing_on_any_disk(watched):
    """No file of any process has a crop or a template of somebody who matches nobody; a control finds what must be."""
    strangers = watched.witness.strangers()
    crops = [crop for track in strangers for crop in watched.witness.crops[track]]
    templates = [vector for track in strangers for vector in watched.witness.templates[track]]
    assert len(crops) >= len(strangers) >= 4
    assert len(templates) >= len(strangers)
    assert watched.files_with(*map(picture_trace, crops)) == {}
    assert watched.files_with(*map(template_trace, templates)) == {}
    # The same search, of what has to be there: a probe in its sighting, and an enrolled template in the index.
    assert any("SIGHTINGS" in path for path in watched.files_with(*watched.witness.probes(STAYING)))
    enrolled = asyncio.run(templates_of(watched))[STAYING]
    turned = template_trace(in_index(enrolled, secrets_folder().rotation_keys()))
    assert any("index" in path for path in watched.files_with(turned))
    assert watched.files_with(template_trace(enrolled)) == {}


async def templates_of(watched) -> dict[str, list[float]]:
    """Of everybody who is enrolled, by external id."""
    request = import_service_pb2.ExportTemplatesRequest(watchlist=watched.system.watchlist, **WHY)
    async with watched.stub("match", ImportServiceStub) as importing:
        answers = [answer async for answer in importing.ExportTemplates(request)]
    names = {person.id: person.external_id for answer in answers for person in answer.persons}
    return {names[each.face.person_id]: list(each.vector) for answer in answers for each in answer.templates}


@pytest.mark.timeout(300)
def test_the_erased_are_found_nowhere(watched):
    """Enrolled, seen and erased: everything restarted, nothing finds or opens them, and the receipt is complete."""
    assert asyncio.run(erased_and_looked_for(watched)) == {}


async def erased_and_looked_for(watched) -> dict[str, int]:
    """The files that still have anything of them."""
    template = template_trace(in_index((await templates_of(watched))[ERASED], secrets_folder().rotation_keys()))
    probes = watched.witness.probes(ERASED)
    alerts = await alerts_on(watched, ERASED)
    backup = await sealed_of(watched, alerts)
    # Before: all of it is there, so that the same looks can fail.
    assert len(backup) == 3 * len(alerts)
    assert all(picture.startswith(b"\xff\xd8") for picture in await opened(watched, backup))
    assert watched.files_with(*probes) != {}
    assert watched.files_with(template) != {}
    assert watched.files_with(display_name(ERASED).encode()) != {}
    assert ERASED in await found(watched)
    receipt_id = await erase(watched)
    await watched.system.restart("nats", *watched.system.services)
    await rebuild(watched)
    receipt = await complete(watched, receipt_id)
    assert [entry.step for entry in receipt.entries if entry.service == "match"] == OF_MATCH
    assert [entry.step for entry in receipt.entries if entry.service == "notify"] == OF_NOTIFY
    counts = {entry.step: entry.count for entry in receipt.entries}
    assert (counts["records-deleted"], counts["alerts-redacted"]) == (1, len(alerts))
    assert ERASED not in await found(watched)
    for alert in alerts:
        assert await refused_evidence(watched, alert.id) == "EVIDENCE_NOT_FOUND"
    with pytest.raises(NotFound, match="KEY_DESTROYED"):
        await opened(watched, backup)
    return watched.files_with(*probes, template)


async def alerts_on(watched, person) -> list[alert_service_pb2.Alert]:
    """All alerts on somebody, each with its pictures."""
    async with watched.stub("notify", AlertServiceStub) as stub:
        alerts = (await stub.ListAlerts(alert_service_pb2.ListAlertsRequest(**WHY))).alerts
    found = [alert for alert in alerts if alert.person.external_id == person]
    assert found
    assert all(alert.evidence for alert in found)
    return found


async def sealed_of(watched, alerts) -> dict[str, bytes]:
    """The objects of these alerts as they lie on the broker: what a backup has."""
    async with watched.bus() as bus:
        store = await bus.object_store(EVIDENCE)
        names = [f"{alert.id}{kind}" for alert in alerts for kind in ("", ".probe", ".reference")]
        return {name: (await store.get(name)).data for name in names}


async def opened(watched, objects) -> list[bytes]:
    """The pictures in them, with the keys that there are now."""
    async with watched.bus() as bus:
        keys = BucketKeyRing(WrappedKeys(bus, NOTIFY_KEYS), secrets_folder().alerts_keys())
        sealed = {name: records_pb2.SealedPicture.FromString(data) for name, data in objects.items()}
        return [
            await keys.open(each.person_id, Sealed(each.nonce, each.ciphertext), f"evidence {name}".encode())
            for name, each in sealed.items()
        ]


async def found(watched) -> set[str]:
    """Who is found with another picture of the person who is to be erased."""
    image = face_pb2.Image(encoded=(watched.media / ANOTHER_PICTURE).read_bytes())
    request = search_service_pb2.SearchFacesRequest(image=image, watchlists=[watched.system.watchlist], **WHY)
    async with watched.stub("match", SearchServiceStub) as search:
        return {match.person.external_id for match in (await search.SearchFaces(request)).matches}


async def erase(watched) -> str:
    """Deletes the person, and gives the receipt's id."""
    request = gallery_service_pb2.DeletePersonRequest(watchlist=watched.system.watchlist, person=ERASED, **WHY)
    async with watched.stub("match", GalleryServiceStub) as gallery:
        return (await gallery.DeletePerson(request)).receipt_id


async def rebuild(watched) -> None:
    """Builds the index anew, and returns once the older one is gone."""
    async with watched.stub("match", IndexServiceStub) as index:
        await index.RebuildIndex(index_service_pb2.RebuildIndexRequest(**WHY))


async def complete(watched, receipt_id) -> erasure_service_pb2.ErasureReceipt:
    """The receipt, once both services have written down everything."""
    request = erasure_service_pb2.GetErasureReceiptRequest(receipt_id=receipt_id)
    async with watched.stub("match", ErasureServiceStub) as erasure, asyncio.timeout(120):
        while True:
            receipt = (await erasure.GetErasureReceipt(request)).receipt
            if receipt.HasField("not_on_disk_time") and {e.step for e in receipt.entries} >= {*OF_MATCH, *OF_NOTIFY}:
                return receipt
            await asyncio.sleep(0.5)


async def refused_evidence(watched, alert_id) -> str:
    """The reason with which an alert's picture is refused."""
    async with watched.stub("notify", AlertServiceStub) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await stub.GetAlertEvidence(alert_service_pb2.GetAlertEvidenceRequest(alert_id=alert_id, **WHY))
    return from_rpc_error(refusal.value, "notify").reason
