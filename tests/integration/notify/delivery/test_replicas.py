"""Several replicas of notify, and one that takes over from another."""

from __future__ import annotations

from alerts_for_tests import alert_of


async def count(receiver, number) -> bool:
    return len(receiver.accepted) >= number


async def _taken(receiver, number) -> bool:
    return len(receiver.taken) >= number


async def test_replicas_share_and_take_over_in_order(told, receiver, say, until):
    """Each subscription has one replica; when one leaves the other goes on, in order, and repeats nothing."""
    receiver.delay = 0.2
    replicas = [await told(), await told()]
    for _ in range(4):
        await replicas[0].subscribe(receiver.url)
    await until(lambda: _shares(replicas, [2, 2]))
    await say(*(alert_of(number, revision) for revision in (1, 2) for number in range(3)))
    await until(lambda: _taken(receiver, 2))
    await replicas[0].end()
    await until(lambda: count(receiver, 24))
    by_subscription = {}
    for taken in receiver.accepted:
        by_subscription.setdefault((taken.json["subscription"], taken.alert[0]), []).append(taken.alert[1])
    assert set(map(tuple, by_subscription.values())) == {(1, 2)}
    assert receiver.repeats() == 0


async def _shares(replicas, shares) -> bool:
    return [replica.parts.watch.count() for replica in replicas] == shares


async def test_what_failed_is_known_to_whoever_takes_over(told, receiver, say, until):
    """The next holder keeps the pause, the count of attempts and the order: a later revision still waits."""
    receiver.status(500)
    first = await told(delivery_retry_seconds=1.5)
    made = await first.subscribe(receiver.url)
    await say(alert_of(1))
    await until(lambda: _taken(receiver, 1))
    await first.end()
    receiver.status(204)
    second = await told(delivery_retry_seconds=1.5)
    await say(alert_of(1, 2))
    await until(lambda: count(receiver, 2))
    assert [taken.alert[1] for taken in receiver.accepted] == [1, 2]
    log = await second.deliveries(made.subscription.id, least=len(receiver.taken))
    # On a busy machine the first has tried more than once before it ends.
    assert [(d.revision, d.attempt) for d in reversed(log)] == [(1, n) for n in range(1, len(log))] + [(2, 1)]
    assert len(log) >= 3
