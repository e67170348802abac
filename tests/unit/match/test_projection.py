from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sightline.match.face_rows import FaceRow
from sightline.match.projection import GalleryProjection
from sightline.match.vectors import SetHash
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import records_pb2


@pytest.fixture
def projection(tmp_path):
    """A projection with the watchlist "w" in it, at sequence 1."""
    with closing(GalleryProjection(tmp_path / "new" / "projection.db")) as made:
        with made.applying(1):
            made.put_watchlist(pb.Watchlist(id="w", name="wanted"))
        yield made


def put(projection, sequence, face_id, element, person="p"):
    """Applies a face."""
    with projection.applying(sequence):
        face = pb.EnrolledFace(id=face_id, watchlist_id="w", person_id=person)
        projection.put_face(FaceRow(face, element, f"key of {face_id}"))


def test_the_roll_follows_the_faces(projection):
    """Count and hash go with every face that is put or dropped, and repeating either changes nothing."""
    put(projection, 2, "a", 5)
    put(projection, 3, "b", 7)
    put(projection, 4, "b", 7)
    assert projection.roll("w").set_hash == SetHash(12).to_bytes()
    assert projection.watchlist("wanted").face_count == 2
    for sequence in (5, 6):
        with projection.applying(sequence):
            projection.drop_face("a")
    assert (projection.roll("w").size, projection.roll("w").set_hash) == (1, SetHash(7).to_bytes())
    assert projection.kept_face("b").enrolment_key == "key of b"


def test_an_entry_is_applied_wholly_or_not_at_all(projection):
    """Where applying fails in the middle neither the change nor its sequence stays."""

    def fail() -> None:
        with projection.applying(2):
            projection.put_watchlist(pb.Watchlist(id="x", name="other"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert projection.sequence == 1
    assert projection.watchlist("x") is None


def test_it_is_there_after_a_restart(projection, tmp_path):
    """Another process finds the same sequence and the same content."""
    put(projection, 2, "a", 5)
    with closing(GalleryProjection(tmp_path / "new" / "projection.db")) as again:
        assert again.sequence == 2
        assert again.face("a") == projection.face("a")


def test_faces_come_in_pages_and_by_person(projection):
    """Pages go by id, behind the last one; a person's are theirs alone; a deleted watchlist has none."""
    for sequence, face_id in enumerate("dacb", start=2):
        put(projection, sequence, face_id, 1, person="p" if face_id < "c" else "q")
    assert [face.id for face in projection.faces("w", "", "", 3)] == ["a", "b", "c"]
    assert [face.id for face in projection.faces("w", "", "c", 3)] == ["d"]
    assert [face.id for face in projection.faces("w", "q", "", 3)] == ["c", "d"]
    assert projection.face_ids("q") == ["c", "d"]
    with projection.applying(9):
        projection.drop_watchlist("w")
    assert projection.faces("w", "", "", 3) == []
    assert projection.watchlist("w") is None


def test_clearing_forgets_everything(projection):
    """A cleared projection begins at sequence 0."""
    put(projection, 2, "a", 5)
    projection.clear()
    assert (projection.sequence, projection.watchlists(), projection.face("a")) == (0, [], None)


def test_who_is_written_again_is_changed(projection):
    """A person or watchlist that comes again replaces its older record; the roll stays."""
    put(projection, 2, "a", 5)
    with projection.applying(3):
        projection.put_watchlist(pb.Watchlist(id="w", name="renamed"))
        projection.put_person(pb.Person(id="p", watchlist_id="w", external_id="e", display_name="old"))
        projection.put_person(pb.Person(id="p", watchlist_id="w", external_id="e", display_name="new"))
    assert projection.person("p").display_name == "new"
    assert projection.watchlist("renamed").face_count == 1
    assert projection.watchlist("wanted") is None
    with projection.applying(4):
        projection.drop_person("p")
    assert projection.person_rows("w", 0, 10) == []


def test_a_deleted_watchlist_leaves_no_template_behind(projection):
    """Its templates are not astray: the ledger has forgotten them with the watchlist."""
    put(projection, 2, "a", 5)
    with projection.applying(3):
        projection.note_template("t", "w", records_pb2.FaceTemplate(face_id="a", embedder_id="e"))
        projection.drop_watchlist("w")
    assert projection.stray_templates(9) == []
    assert not projection.has_noted("t")


def test_faces_of_a_chunk_go_together(projection):
    """The faces that count in a chunk are dropped with it, out of the roll too; those of other chunks stay."""
    rows = {each: FaceRow(pb.EnrolledFace(id=each, watchlist_id="w"), ord(each), f"key of {each}") for each in "abcd"}
    with projection.applying(2):
        projection.put_faces("w", "one", [rows["a"], rows["b"], rows["c"]])
        projection.put_faces("w", "two", [rows["d"]])
        projection.note_chunked("two", "ad")
    assert projection.ids_in("w", "a", 2) == ["b", "c"]
    assert sorted(face.id for face in projection.counted_in("one")) == ["a", "b", "c"]
    with projection.applying(3):
        projection.drop_faces("w", "abc")
    assert projection.ids_in("w", "", 9) == ["d"]
    assert projection.chunks_of("w") == ["two"]
    assert (projection.roll("w").size, projection.roll("w").set_hash) == (1, SetHash(ord("d")).to_bytes())


def test_persons_come_in_the_order_in_which_they_came(projection):
    """Whoever comes, or is written again, while persons are read in pages is on a page that follows."""
    with projection.applying(2):
        for each in "cab":
            projection.put_person(pb.Person(id=each, watchlist_id="w", external_id=each))
        projection.put_person(pb.Person(id="x", watchlist_id="other", external_id="x"))
    first = projection.person_rows("w", 0, 2)
    assert [person_id for _, person_id in first] == ["c", "a"]
    with projection.applying(3):
        projection.put_person(pb.Person(id="A", watchlist_id="w", external_id="late"))
    assert [person_id for _, person_id in projection.person_rows("w", first[-1][0], 9)] == ["b", "A"]


def test_a_name_that_went_to_another_watchlist_is_theirs(projection):
    """Entries that were replaced since are never seen: whoever had a name has lost it once another one has it."""
    with projection.applying(2):
        projection.put_watchlist(pb.Watchlist(id="x", name="wanted"))
    assert projection.watchlist("wanted").id == "x"
    assert projection.watchlist("w").name == "wanted"
    with projection.applying(3):
        projection.put_watchlist(pb.Watchlist(id="w", name="renamed"))
    assert (projection.watchlist("renamed").id, projection.watchlist("wanted").id) == ("w", "x")


def test_what_has_expired_is_shown_to_its_deletion_alone(tmp_path):
    """From the moment on nobody is shown it, but who deletes it."""
    time = [100.0]
    with closing(GalleryProjection(tmp_path / "projection.db", lambda: time[0])) as projection:
        with projection.applying(1):
            projection.put_watchlist(pb.Watchlist(id="w", name="wanted", expire_time={"seconds": 200}))
            projection.put_person(pb.Person(id="p", watchlist_id="w", external_id="e", expire_time={"seconds": 150}))
        assert projection.person("p").external_id == "e"
        assert (projection.expired_watchlists(), projection.expired_persons(9)) == ([], [])
        time[0] = 150.0
        assert (projection.person("p"), projection.persons("w", "", 9)) == (None, [])
        assert [person.id for person in projection.expired_persons(9)] == ["p"]
        assert projection.watchlist("w").name == "wanted"
        time[0] = 200.0
        assert (projection.watchlist("w"), projection.watchlist("wanted"), projection.watchlists()) == (None, None, [])
        assert (projection.kept_watchlist("w").name, projection.kept_person("p").id) == ("wanted", "p")


def test_an_etag_is_of_the_record_alone(projection):
    """It changes with the record and not with the number of faces, and is the same after a rebuild."""
    before = projection.watchlist("w").etag
    put(projection, 2, "a", 5)
    assert projection.watchlist("w").etag == before
    with projection.applying(3):
        projection.put_watchlist(pb.Watchlist(id="w", name="wanted", purpose="other"))
    assert projection.watchlist("w").etag not in {"", before}
    with projection.applying(4):
        projection.put_watchlist(pb.Watchlist(id="w", name="wanted"))
    assert projection.watchlist("w").etag == before


def test_a_file_with_other_tables_is_emptied(projection, tmp_path):
    """What another release wrote is built anew from the ledger instead of being misread."""
    put(projection, 2, "a", 5)
    with sqlite3.connect(tmp_path / "new" / "projection.db") as file:
        file.execute("PRAGMA user_version = 1")
    file.close()
    with closing(GalleryProjection(tmp_path / "new" / "projection.db")) as again:
        assert (again.sequence, again.size(), again.watchlists()) == (0, 0, [])


def test_of_many_persons_those_last_who_can_be_found_alone(tmp_path):
    """Asked for together they are who is found one by one: nobody who has expired, and nobody who is not there."""
    with closing(GalleryProjection(tmp_path / "projection.db", now=lambda: 100.0)) as projection:
        with projection.applying(1):
            for name, ends in (("ended", 99), ("ends", 101), ("stays", None)):
                person = pb.Person(id=name, watchlist_id="w", external_id=name)
                if ends:
                    person.expire_time.FromSeconds(ends)
                projection.put_person(person)
        asked = ["ended", "ends", "stays", "nobody"]
        assert projection.lasting_persons(asked) == {"ends", "stays"}
        assert projection.lasting_persons(asked) == {each for each in asked if projection.person(each)}
        assert projection.known_persons(asked) == {"ended", "ends", "stays"}
