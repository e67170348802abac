"""Keys of an identity provider: fetched rarely, renewed in time, and not at the mercy of whoever forges."""

import asyncio
import time

from oidc_callers import DISCOVERY, KEYS, is_accepted, tokens_of, why_refused
from oidc_issuer import AUDIENCE, SigningKey

from sightline.chassis.identity.jwks import JwksCache
from sightline.chassis.identity.oidc import OidcTokens
from sightline.chassis.identity.oidc_settings import OidcSettings
from sightline.chassis.identity.refused import CredentialRefused


async def test_many_callers_ask_once(issuer):
    """A hundred callers of a service that has just started share one question."""
    tokens, issuer.delay = tokens_of(issuer), 0.2
    accepted = await asyncio.gather(*(is_accepted(tokens, issuer.mint(sub=f"p{n}")) for n in range(100)))
    assert all(accepted)
    assert issuer.requests == {DISCOVERY: 1, KEYS: 1}


async def test_the_keys_are_fetched_before_anybody_calls(issuer, until):
    """A running cache asks by itself."""
    keys = JwksCache(issuer.url, answer_seconds=60.0)

    async def is_asked():
        return keys.version == 1

    async with keys.running():
        await until(is_asked)
    assert issuer.requests[KEYS] == 1


async def test_a_caller_who_gives_up_takes_nothing_from_the_others(issuer):
    """The question goes on for those who still wait."""
    tokens, issuer.delay = tokens_of(issuer), 0.3
    first = asyncio.create_task(tokens.verified(issuer.mint(sub="first")))
    second = asyncio.create_task(tokens.verified(issuer.mint(sub="second")))
    await asyncio.sleep(0.1)
    first.cancel()
    assert (await second).subject == "second"
    assert issuer.requests[KEYS] == 1


async def test_forged_key_names_do_not_become_questions(issuer, clock):
    """A storm of names that no key has, at once and one by one: one question, and the right tokens go on."""
    tokens = tokens_of(issuer, clock=clock)
    await tokens.verified(issuer.mint())
    forged = [issuer.mint(key=SigningKey()) for _ in range(100)]
    assert not any(await asyncio.gather(*(is_accepted(tokens, token) for token in forged)))
    for token in forged:
        assert await why_refused(tokens, token) == "unknown key"
    assert issuer.requests[KEYS] == 2
    assert await is_accepted(tokens, issuer.mint(sub="bob"))


async def test_an_unknown_name_is_asked_about_again_after_the_pause(issuer, clock):
    """In twenty seconds of forging with a pause of ten there are two questions."""
    tokens = tokens_of(issuer, pause_seconds=10.0, clock=clock)
    await tokens.verified(issuer.mint())
    forged = issuer.mint(key=SigningKey())
    for _ in range(20):
        assert not await is_accepted(tokens, forged)
        clock.now += 0.99
    assert issuer.requests[KEYS] - 1 == 2


async def test_a_cold_storm_asks_twice_at_most(issuer, clock):
    """Once because nothing is known, and once because the name is not among what came."""
    tokens = tokens_of(issuer, clock=clock)
    forged = [issuer.mint(key=SigningKey()) for _ in range(50)]
    assert not any(await asyncio.gather(*(is_accepted(tokens, token) for token in forged)))
    assert issuer.requests[KEYS] <= 2


async def test_a_slow_provider_does_not_hold_a_forged_name(issuer):
    """An answer that takes longer than the pause does not lead to the next question for the same call."""
    tokens = tokens_of(issuer, pause_seconds=0.05)
    await tokens.verified(issuer.mint())
    issuer.delay = 0.2
    assert await why_refused(tokens, issuer.mint(key=SigningKey())) == "unknown key"
    assert issuer.requests[KEYS] == 2


class Traffic:
    """Calls without pause, each with a token of its own, signed with the newest key."""

    def __init__(self, issuer, tokens):
        self.issuer, self.tokens = issuer, tokens
        self.done, self.refused, self._seen = 0, [], 0

    async def run(self):
        while True:
            token = self.issuer.mint(sub=f"caller-{self.done}")
            try:
                await self.tokens.verified(token)
            except CredentialRefused as error:
                self.refused.append(error.why)
            self.done += 1
            # What comes from the provider needs its turn, too.
            await asyncio.sleep(0.02)

    async def flows(self):
        """Whether ten more calls were answered since the last time that was so."""
        is_so = self.done >= self._seen + 10
        self._seen = self.done if is_so else self._seen
        return is_so


async def test_a_rotation_in_the_middle_of_traffic_refuses_nobody(issuer, clock, until):
    """Old and new tokens hold while both keys are published; when the old key is gone, so are its tokens."""
    tokens = tokens_of(issuer, clock=clock)
    traffic = Traffic(issuer, tokens)
    running = [asyncio.create_task(traffic.run()) for _ in range(4)]
    await until(traffic.flows)
    old_key, old_token = issuer.keys[0], issuer.mint()
    assert await is_accepted(tokens, old_token)
    issuer.rotate(SigningKey("EdDSA"))
    for number in range(20):
        assert await is_accepted(tokens, issuer.mint(key=old_key, jti=str(number)))
        await asyncio.sleep(0)
    assert await is_accepted(tokens, old_token)
    await until(traffic.flows)
    issuer.retire()
    clock.now += 700

    async def is_gone():
        return not await is_accepted(tokens, old_token)

    await until(is_gone)
    assert await why_refused(tokens, old_token) == "unknown key"
    assert await why_refused(tokens, issuer.mint(key=old_key)) == "unknown key"
    await until(traffic.flows)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert traffic.refused == []


async def test_a_new_key_is_known_at_once(issuer):
    """A provider that signs with a key at the moment of publishing it: its first token leads to the question."""
    tokens = tokens_of(issuer)
    await tokens.verified(issuer.mint())
    issuer.rotate()
    assert await is_accepted(tokens, issuer.mint())
    assert issuer.requests[KEYS] == 2


async def test_calls_do_not_wait_for_a_refresh(issuer, clock, until):
    """Old keys are asked for anew beside the calls: one is answered before the new keys are there."""
    keys = JwksCache(issuer.url, clock=clock, answer_seconds=60.0)
    tokens = OidcTokens(OidcSettings(issuer.url, AUDIENCE), keys)
    await tokens.verified(issuer.mint())
    old_key, issuer.delay = issuer.keys[0], 1.0
    issuer.rotate()
    clock.now += 700
    await tokens.verified(issuer.mint(key=old_key, sub="bob"))
    assert keys.version == 1

    async def is_renewed():
        return keys.version == 2

    await until(is_renewed)


async def test_an_absent_provider_stops_nobody_for_a_while(issuer, clock, until):
    """Keys are used while the provider is away, up to the age that is allowed; when it is back, so are they."""
    tokens = tokens_of(issuer, clock=clock)
    await tokens.verified(issuer.mint())
    issuer.stop()
    for number in range(5):
        clock.now += 10_000
        assert await is_accepted(tokens, issuer.mint(sub=str(number)))
    clock.now += 40_000
    assert await why_refused(tokens, issuer.mint(sub="late")) == "no keys"
    issuer.start()

    async def is_back():
        clock.now += 11
        return await is_accepted(tokens, issuer.mint(sub="back"))

    await until(is_back)


async def test_a_provider_that_was_never_there_costs_one_wait_per_pause(issuer, clock):
    """The first caller learns after the time limit that there are no keys, the next ones without another question."""
    tokens, issuer.delay = tokens_of(issuer, answer_seconds=0.3, clock=clock), 1.0
    started = time.monotonic()
    assert await why_refused(tokens, issuer.mint()) == "no keys"
    assert time.monotonic() - started > 0.25
    for _ in range(20):
        assert await why_refused(tokens, issuer.mint()) == "no keys"
    assert issuer.requests[KEYS] == 0
    assert issuer.requests[DISCOVERY] <= 1  # none where even the question took longer than the limit
    clock.now += 11
    assert await why_refused(tokens, issuer.mint()) == "no keys"
    assert issuer.requests[KEYS] == 0
