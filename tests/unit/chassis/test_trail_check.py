"""A check finds whatever was done to a sealed trail, and says where."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trails import KEY, KEYS, OTHER_KEY, RETENTION, SECOND, STARTED, Trail, copy_of, entry, renumbered, sealed

from sightline.chassis.seals import make_seal

SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=5)
LATER = {"now": STARTED + RETENTION // timedelta(microseconds=1) * 1000}


def without(trail, *sequences):
    """The trail without these entries."""
    return trail.with_entries(*(each for each in trail.listed_entries if each.sequence not in sequences))


def swapped(trail, one, other):
    """The trail with the contents of two entries exchanged."""
    entries = list(trail.listed_entries)
    entries[one - 1], entries[other - 1] = entries[other - 1], entries[one - 1]
    return trail.with_entries(*renumbered(entries))


def changed(trail, sequence, **fields):
    """The trail with another entry in that place."""
    entries = list(map(copy_of, trail.listed_entries))
    for name, value in fields.items():
        setattr(entries[sequence - 1], name, value)
    return trail.with_entries(*entries)


@given(sizes=SIZES, unsealed=st.integers(0, 3))
def test_a_good_trail_is_good(sizes, unsealed):
    """Nothing is wrong, and the verdict says how much was checked and how much is not sealed yet."""
    verdict = sealed(*sizes, unsealed=unsealed).check()
    assert not verdict.findings
    assert (verdict.seals, verdict.entries, verdict.unsealed) == (len(sizes), sum(sizes) + unsealed, unsealed)
    assert verdict.last_seal.number == len(sizes)


def test_an_empty_trail_is_good():
    """Before anything was done there is nothing to find."""
    verdict = Trail([]).check()
    assert (verdict.findings, verdict.entries, verdict.last_seal) == ([], 0, None)


@pytest.mark.parametrize("fields", [{"body": b"other"}, {"subject": "sightline.audit.match.other"}])
def test_an_edit_is_found(fields):
    """Body and subject of an entry are under its seal, and the line says which entry and which seal."""
    assert changed(sealed(3, 4, 2), 5, **fields).found() == ["entry 5 of the trail: not as sealed by seal 2"]


def test_an_edited_header_is_found():
    """Headers are under the seal, too."""
    trail = sealed(3)
    trail.listed_entries[1].headers["ce-source"] = "/sightline/notify"
    assert trail.found() == ["entry 2 of the trail: not as sealed by seal 1"]


def test_a_removal_is_found():
    """An entry that left a gap, several in a row, and whole ranges."""
    trail = sealed(3, 4, 2, 3)
    assert without(trail, 5).found() == ["entry 5 of the trail: sealed by seal 2, and gone"]
    assert without(trail, 3, 4).found() == ["entries 3-4 of the trail: sealed by seals 1-2, and gone"]
    assert without(trail, *range(4, 10)).found() == ["entries 4-9 of the trail: sealed by seals 2-3, and gone"]


def test_a_removal_with_new_numbers_is_found():
    """Where those behind it have moved up, the line names the one that is gone, and not all that moved."""
    trail = sealed(3, 4, 2, 3)
    left = renumbered(without(trail, 5).listed_entries)
    assert trail.with_entries(*left).found() == [
        "entry 5 of the trail: sealed by seal 2, and gone",
    ]


def test_a_truncation_is_found():
    """Entries that were cut off the end are missing from their seals, and the line says that it was the end."""
    trail = sealed(3, 4, 2)
    assert without(trail, 6, 7, 8, 9).found() == ["entries 6-9 at the end of the trail: sealed by seals 2-3, and gone"]


def test_a_reorder_is_found():
    """Entries of one seal in another order, and two of different seals in each other's place."""
    trail = sealed(3, 4, 2)
    assert swapped(trail, 4, 6).found() == [
        "entry 4 of the trail: not in the order sealed by seal 2",
        "entry 6 of the trail: not in the order sealed by seal 2",
    ]
    assert swapped(trail, 2, 6).found() == [
        "entry 2 of the trail: not as sealed by seal 1",
        "entry 6 of the trail: not as sealed by seal 2",
    ]


@pytest.mark.parametrize("at", [4, 5, 7])
def test_an_insertion_is_found(at):
    """An entry that was put in, with those behind it moved on, is the one that the line names."""
    trail = sealed(3, 4, 2)
    entries = list(trail.listed_entries)
    entries.insert(at - 1, entry(at, "put in"))
    assert trail.with_entries(*renumbered(entries)).found() == [
        f"entry {at} of the trail: put in among what was sealed by seal 2"
    ]


@pytest.mark.parametrize("change", ["insert", "remove"])
def test_seals_that_were_made_since_are_no_findings(change):
    """A system that runs on after sequences were moved seals what it sees: the line names what was done, no more."""
    trail = sealed(3, 4)
    entries = list(trail.listed_entries)
    if change == "insert":
        entries.insert(4, entry(5, "put in"))
    else:
        del entries[4]
    # The sealer goes on behind sequence 7, which is not where the entries end that it sealed.
    entries = renumbered([*entries, *map(entry, range(8, 12))])
    seal = make_seal(trail.listed_seals[-1], [each for each in entries if each.sequence > 7], KEY)
    found = Trail(entries, [*trail.listed_seals, seal]).found()
    assert len(found) == 1
    assert found[0].startswith("entry 5 of the trail: ")


def test_an_entry_twice_or_too_late_is_found():
    """Lines of a file that stand in another order, or twice."""
    trail = sealed(3, 4)
    first, *others = trail.listed_entries
    assert "entry 1 of the trail: not in the order" in trail.with_entries(*others, first).found()[-1]
    assert "entry 1 of the trail: not in the order" in trail.with_entries(first, first, *others).found()[-1]


def test_a_beginning_may_be_older_than_the_retention():
    """Entries that have grown too old are no finding, and the rest of their seal is still checked by its digests."""
    trail = sealed(3, 4, 2)
    cut = without(trail, 1, 2, 3, 4)
    verdict = cut.check(now=LATER["now"] + 5 * SECOND)
    assert (verdict.findings, verdict.expired) == ([], 4)
    assert changed(trail, 6, body=b"x").with_entries(*changed(trail, 6, body=b"x").listed_entries[4:]).found(
        now=LATER["now"] + 5 * SECOND
    ) == ["entry 6 of the trail: not as sealed by seal 2"]


def test_a_beginning_that_is_too_young_to_be_gone_is_found():
    """A moment before the first of them may go, none may."""
    cut = without(sealed(3, 4, 2), 1, 2, 3, 4)
    assert cut.found(now=LATER["now"] + 3 * SECOND) == [
        "entry 4 at the beginning of the trail: sealed by seal 2, and gone before their time"
    ]
    assert cut.found() == ["entries 1-4 at the beginning of the trail: sealed by seals 1-2, and gone before their time"]


def test_what_was_gone_before_it_was_sealed_is_found():
    """The sealer seals what is there: that something was not is in its seals' sequences."""
    entries = [entry(sequence) for sequence in (1, 2, 5, 6)]
    first = make_seal(None, entries[:2], KEY)
    trail = Trail(entries, [first, make_seal(first, entries[2:], KEY)])
    assert trail.found() == ["entries 3-4 of the trail: never sealed, gone before seal 2"]
    put_in = trail.with_entries(*map(entry, range(1, 7)))
    assert "entries 3-4 of the trail: put in among what was sealed by seal 2" in put_in.found()


def test_old_entries_without_a_seal_are_found():
    """Seals that were cut off leave entries which are older than a sealer ever leaves them."""
    trail = sealed(3, 4, 2)
    left = trail.with_seals(*trail.listed_seals[:1])
    assert not left.found()
    assert left.found(now=STARTED + 3600 * SECOND) == ["entries 4-9 at the end of the trail: old, and never sealed"]


def test_a_removed_seal_is_found():
    """The next one's number and hash say that there was one; the entries around it are checked all the same."""
    trail = sealed(3, 4, 2)
    first, _, third = trail.listed_seals
    left = trail.with_seals(first, third)
    assert left.found() == ["seal 2: gone, so that entries 4-7 of the trail cannot be checked"]
    assert trail.with_seals(third).found() == ["seals 1-2: gone, so that entries 1-7 of the trail cannot be checked"]
    assert len(left.with_entries(*without(left, 9).listed_entries).found()) == 2


def test_a_changed_seal_is_found():
    """The signature does not fit, whatever was changed in it."""
    trail = sealed(3, 4, 2)
    seals = list(map(copy_of, trail.listed_seals))
    seals[1].entries_hash = bytes(32)
    assert trail.with_seals(*seals).found() == ["seal 2: not signed by the key"]


def test_seals_in_another_order_are_found():
    """One that stands behind a later one is said, and so is what was not there in its place."""
    trail = sealed(3, 4, 2)
    first, second, third = trail.listed_seals
    assert "seal 2: behind a later one, or there twice" in trail.with_seals(first, third, second).found()
    assert trail.with_seals(first, second, second, third).found() == ["seal 2: behind a later one, or there twice"]


def test_seals_of_another_key_are_none():
    """Whoever made a trail of their own did not have the key."""
    assert sealed(3, 4, key=OTHER_KEY).found() == ["seals 1-2: not signed by the key"]


def test_a_key_that_is_followed_by_another_is_believed_with_it():
    """After a change of keys both are given, and the trail is whole."""
    entries = [entry(sequence) for sequence in range(1, 5)]
    first = make_seal(None, entries[:2], OTHER_KEY)
    trail = Trail(entries, [first, make_seal(first, entries[2:], KEY)])
    other = sealed(1, key=OTHER_KEY).listed_seals[0].key_id
    assert not trail.found(keys={**KEYS, other: OTHER_KEY.public_key()})
    assert trail.found() == ["seal 1: not signed by the key"]


def test_seals_of_two_trails_are_found():
    """Each is signed, and the second was not made behind the first."""
    entries = [entry(sequence, "another past") for sequence in range(1, 4)]
    another = make_seal(None, entries, KEY)
    trail = sealed(3, 4)
    mixed = trail.with_seals(trail.listed_seals[0], make_seal(another, trail.listed_entries[3:], KEY))
    assert mixed.found() == ["seal 2: made behind another past than the one that is there"]


def test_an_anchor_shows_that_the_end_is_gone():
    """Entries and seals cut off together leave a trail that is whole in itself: the anchor says that there was more."""
    trail = sealed(3, 4, 2)
    cut = Trail(trail.listed_entries[:7], trail.listed_seals[:2])
    assert not cut.found()
    assert cut.found(anchors=trail.listed_seals[2:]) == [
        "seal 3, up to entry 9: anchored, and gone with the end of the trail"
    ]


def test_an_anchor_shows_that_the_end_was_sealed_anew():
    """Who has the private key can seal another past, but not the one that was anchored."""
    trail = sealed(3, 4, 2)
    entries = changed(trail, 5, body=b"another past").listed_entries
    anew = Trail(entries, [trail.listed_seals[0], make_seal(trail.listed_seals[0], entries[3:], KEY)])
    assert not anew.found()
    assert anew.found(anchors=[trail.listed_seals[1]]) == ["seal 2: not as anchored, the trail was sealed anew"]
    assert not trail.found(anchors=trail.listed_seals)


def test_an_anchor_of_another_key_is_said():
    """A file that somebody else made is no anchor."""
    anchor = sealed(3, key=OTHER_KEY).listed_seals[0]
    assert sealed(3).found(anchors=[anchor]) == ["anchor of seal 1: not signed by the key"]


def only_goes_on(entries, sealed_ones):
    """Whether all that was sealed is as it was, and what else there is comes behind it, not sealed yet."""
    count = len(sealed_ones)
    numbers = [each.sequence for each in entries[count - 1 :]]
    # As messages: the bytes of one with headers may have them in any order.
    return entries[:count] == list(sealed_ones) and all(before < after for before, after in pairwise(numbers))


@settings(max_examples=300, deadline=None)
@given(sizes=SIZES, data=st.data())
def test_whatever_is_done_to_sealed_entries_is_found(sizes, data):
    """One or several random edits, removals, swaps and insertions, with or without new numbers, never go unnoticed."""
    trail = sealed(*sizes)
    entries = list(trail.listed_entries)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(0, len(entries) - 1)))
        match data.draw(st.sampled_from(["edit", "remove", "swap", "insert"])):
            case "edit" if entries:
                entries[at] = entry(entries[at].sequence, data.draw(st.text("ab", min_size=1)))
            case "remove" if entries:
                del entries[at]
            case "swap" if entries:
                other = data.draw(st.integers(0, len(entries) - 1))
                entries[at], entries[other] = entries[other], entries[at]
            case "insert":
                entries.insert(at, entry(len(entries) + 1, "put in"))
    if data.draw(st.booleans()):
        entries = renumbered(entries)
    assert bool(trail.with_entries(*entries).found()) is not only_goes_on(entries, trail.listed_entries)


@settings(max_examples=200, deadline=None)
@given(sizes=SIZES, data=st.data())
def test_whatever_is_done_to_seals_is_found(sizes, data):
    """A seal that is taken out, doubled or exchanged with another never goes unnoticed, but for the last ones."""
    trail = sealed(*sizes)
    seals, last = list(trail.listed_seals), trail.listed_seals[-1]
    at, other = (data.draw(st.integers(0, len(seals) - 1)) for _ in range(2))
    match data.draw(st.sampled_from(["remove", "double", "swap"])):
        case "remove":
            del seals[at]
        case "double":
            seals.insert(other, seals[at])
        case "swap":
            seals[at], seals[other] = seals[other], seals[at]
    doctored = trail.with_seals(*seals)
    assert bool(doctored.found(anchors=[last])) is (seals != trail.listed_seals)


@settings(max_examples=100, deadline=None)
@given(sizes=SIZES, cut=st.integers(1, 10), anchored=st.integers(0, 4))
def test_every_truncation_behind_an_anchor_is_found(sizes, cut, anchored):
    """However many entries and seals are cut off together: what was anchored is missed."""
    trail = sealed(*sizes)
    left = trail.listed_entries[:-cut]
    end = left[-1].sequence if left else 0
    seals = [seal for seal in trail.listed_seals if seal.last_sequence <= end]
    anchor = trail.listed_seals[min(anchored, len(sizes) - 1)]
    doctored = Trail(left, seals)
    assert not doctored.found()
    assert bool(doctored.found(anchors=[anchor])) is (anchor.last_sequence > end)
