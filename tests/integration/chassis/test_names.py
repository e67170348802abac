"""People's names on a real broker: attributes, never tokens."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sightline.chassis import topology
from sightline.chassis.gallery_subjects import GalleryKind, gallery
from sightline.chassis.ids import derived_id, new_id
from sightline.chassis.topology import Lane
from sightline.v1 import gallery_service_pb2, records_pb2

# The alphabet of Rekognition's CollectionId, UserId and ExternalImageId.
NAMES = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-", min_size=1, max_size=255)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NAMES)
@example(name=".")
@example(name="..")
@example(name="a.b:c-d_e")
@example(name=":" * 255)
@example(name="-")
async def test_every_legal_name_can_be_published(bus, name):
    """A watchlist of any legal name is stored and found under its id, with its name intact and nowhere in a subject."""
    watchlist = derived_id("watchlist", name)
    record = records_pb2.LedgerRecord(watchlist=gallery_service_pb2.Watchlist(id=watchlist, name=name))
    ledger = gallery(watchlist, GalleryKind.WATCHLIST, watchlist)
    for subject in (ledger, topology.faces(Lane.JOB, watchlist), topology.sightings(watchlist, new_id())):
        await bus.publish(subject, record, dedup_id=new_id())
    stored = await bus.js.get_last_msg(topology.GALLERY, ledger)
    assert records_pb2.LedgerRecord.FromString(stored.data).watchlist.name == name
    assert stored.subject == f"sightline.gallery.{watchlist}.watchlist.{watchlist}"
    bucket = await bus.bucket(topology.CAMERAS)
    await bucket.put(watchlist, name.encode())
    assert (await bucket.get(watchlist)).value == name.encode()
