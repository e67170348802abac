from datetime import UTC, datetime

import pytest

from sightline.chassis.ids import new_id
from sightline.match.index_status import Built
from sightline.match.shard_folder import ShardFolder

BUILT = Built(time=datetime(2026, 1, 1, tzinfo=UTC), seconds=1.5, faces=3, mate_recall=1.0, probes=2, ef=64)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "index"


def opened(folder):
    """The folder, with files in the shard that counts."""
    shards = ShardFolder(folder)
    shard = shards.open()
    shard.mkdir(exist_ok=True)
    return shards, shard


def test_what_was_chosen_counts_and_the_rest_is_thrown_away(folder):
    """After a stop at any time the chosen shard is opened again; others and their facts are gone."""
    shards, first = opened(folder)
    second, half_built = shards.fresh(), shards.fresh()
    for made in (second, half_built):
        made.mkdir()
    shards.choose(second, BUILT)
    again, shard = opened(folder)
    again.sweep()
    assert shard == second
    assert again.built(shard) == BUILT
    assert not first.exists()
    assert not half_built.exists()


def test_a_shard_that_is_gone_is_begun_anew(folder):
    """Where the chosen shard's files are missing an empty one is begun."""
    _, shard = opened(folder)
    shard.rmdir()
    assert opened(folder)[1] != shard


def test_removals_are_remembered_with_their_shard(folder):
    """Each removed face counts, and the time of the first, also after a restart, until the shard goes."""
    shards, shard = opened(folder)
    before = datetime.now(UTC)
    shards.note_removed(shard, 2)
    shards.note_removed(shard, 0)
    again, _ = opened(folder)
    assert again.removed(shard) == 2
    assert before <= again.oldest_removal(shard) <= datetime.now(UTC)
    oldest = again.oldest_removal(shard)
    again.note_removed(shard, 3)
    assert (again.removed(shard), again.oldest_removal(shard)) == (5, oldest)
    again.discard(shard)
    assert (again.removed(shard), again.oldest_removal(shard)) == (0, None)


@pytest.mark.parametrize("clean", [True, False])
def test_a_shard_that_was_open_when_the_machine_went_down_is_not_believed(folder, clean):
    """In another boot a shard counts only if it was closed before: its last writes may not have reached the disk."""
    shards, shard = opened(folder)
    (folder / "OPEN").write_text(new_id())
    if clean:
        shards.closed()
    assert (opened(folder)[1] == shard) is clean
