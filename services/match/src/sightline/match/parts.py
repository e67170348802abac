"""What match consists of behind the broker, the index and the face reader: the use cases, wired together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.receipts import Receipts
from sightline.chassis.topology import TRACKS
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.match.bulk_reading import BulkReading
from sightline.match.enrolment import Enrolment
from sightline.match.enrolment_decisions import EnrolmentDecisions
from sightline.match.enrolment_keys import EnrolmentKeys
from sightline.match.enrolments import Enrolments
from sightline.match.erasure import Erasure
from sightline.match.examination import Examination
from sightline.match.export import Export
from sightline.match.faces import Faces
from sightline.match.gallery import Gallery
from sightline.match.handler import Identification
from sightline.match.importing import Import
from sightline.match.ledger import Ledger
from sightline.match.lifetimes import Lifetimes
from sightline.match.likeness import Likeness
from sightline.match.moving import Moving
from sightline.match.names import Names
from sightline.match.person_scores import PersonScores
from sightline.match.persons import Persons
from sightline.match.probes import Probes
from sightline.match.records import Records
from sightline.match.references import open_references
from sightline.match.review_rules import review_policy, review_rules
from sightline.match.search import Search
from sightline.match.sightings import BusSightings
from sightline.match.similarity import with_measured_similarity
from sightline.match.thresholds import Thresholds
from sightline.match.tracks import Tracks
from sightline.match.watchlist_approvals import WatchlistApprovals
from sightline.match.watchlists import Beginning, Watchlists

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.chassis.installation_keys import InstallationKeys
    from sightline.chassis.pack import Pack
    from sightline.chassis.policy import Policy
    from sightline.match.calibration import CalibrationInForce
    from sightline.match.index import FaceIndex
    from sightline.match.inference import FaceReader
    from sightline.match.projection import GalleryProjection
    from sightline.match.references import References


@dataclass(frozen=True)
class Parts:
    """The use cases of one process, which share a ledger, an index and a projection."""

    ledger: Ledger
    records: Records
    references: References
    gallery: Gallery
    watchlists: Watchlists
    persons: Persons
    faces: Faces
    moving: Moving
    enrolment: Enrolment
    importing: Import
    export: Export
    erasure: Erasure
    thresholds: Thresholds
    probes: Probes
    search: Search
    person_scores: PersonScores
    identification: Identification
    enrolments: Enrolments
    decisions: EnrolmentDecisions
    watchlist_approvals: WatchlistApprovals


async def assemble(
    bus: Bus,
    index: FaceIndex,
    projection: GalleryProjection,
    reader: FaceReader,
    pack: Pack,
    installation_keys: InstallationKeys,
    policy: Policy,
    calibration: CalibrationInForce | None = None,
) -> Parts:
    """Wires the use cases. Raises FailedPrecondition NOT_PROVISIONED, and what is wrong with the key file."""
    pack = with_measured_similarity(pack, calibration)
    thresholds = Thresholds(pack, calibration)
    keys = BucketKeyRing(WrappedKeys(bus), installation_keys)
    ledger = Ledger(bus, keys)
    gallery = Gallery(ledger, index, projection, pack.embedder_id, pack.embedder.dimension)
    tracks = Tracks(await bus.bucket(TRACKS))
    records, references = Records(ledger), await open_references(bus, keys)
    erasure = Erasure(ledger, records, gallery, projection, keys, references, Receipts(bus, "match"))
    lifetimes = Lifetimes(policy.retention)
    persons = Persons(records, gallery, projection, erasure, lifetimes)
    likeness = Likeness(index, projection, thresholds, pack)
    examination = Examination(reader, likeness, pack.embedder_id, pack.embedder.dimension)
    enrolments = Enrolments(ledger, gallery, projection, policy.enrolments)
    beginning = Beginning(pack.embedder_id, review_policy(policy.review), policy.enrolments)
    # Not the installation's key: pictures that were enrolled before a rotation must be known after it.
    enrolling = (EnrolmentKeys(await keys.secret("enrolment")), enrolments)
    faces = Faces(projection, references, erasure)
    return Parts(
        ledger,
        records,
        references,
        gallery,
        Watchlists(records, Names(ledger), gallery, projection, erasure, thresholds, lifetimes, beginning),
        persons,
        faces,
        Moving(ledger, gallery, projection, index, references, persons, faces, enrolments, pack),
        Enrolment(ledger, gallery, projection, persons, examination, references, erasure, *enrolling, pack.embedder_id),
        Import(ledger, gallery, projection, persons, BulkReading(reader), references, erasure, *enrolling, pack),
        Export(ledger, projection, pack.embedder_id),
        erasure,
        thresholds,
        Probes(reader, index, projection, pack),
        Search(reader, index, projection, pack, thresholds),
        PersonScores(index, projection, pack, thresholds),
        Identification(index, projection, tracks, BusSightings(bus), pack, thresholds, review_rules(policy.review)),
        enrolments,
        EnrolmentDecisions(ledger, gallery, projection),
        WatchlistApprovals(records, gallery, projection, erasure),
    )
