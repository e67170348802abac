"""Who may call, on a real broker: the bucket, this process's copy of it, and the use cases that change it."""

from __future__ import annotations

import pytest
from secrets_for_tests import secrets_folder, tester_key

from sightline.chassis.identity.authenticator import Authenticator
from sightline.chassis.identity.callers import CallerBook
from sightline.chassis.identity.key_uses import KeyUses
from sightline.chassis.identity.service_token import ServiceTokens
from sightline.chassis.topology import ACCESS, KEY_USES
from sightline.notify.api_keys import ApiKeys, Order
from sightline.notify.subjects import Subjects, Who


@pytest.fixture
async def bucket(bus):
    """The truth about callers. The tester is in it, who has every role."""
    return await bus.bucket(ACCESS)


@pytest.fixture
async def book(bus):
    """This process's copy."""
    callers = CallerBook(bus)
    async with callers.following():
        yield callers


@pytest.fixture
async def other_book(bus):
    """Another replica's copy."""
    callers = CallerBook(bus)
    async with callers.following():
        yield callers


@pytest.fixture
def subjects(bucket, book):
    """The use cases of subjects."""
    return Subjects(bucket, book)


@pytest.fixture
async def uses(bus):
    """When keys were used."""
    key_uses = KeyUses(bus, await bus.bucket(KEY_USES))
    async with key_uses.running():
        yield key_uses


@pytest.fixture
def keys(bucket, book, uses):
    """The use cases of API keys."""
    return ApiKeys(bucket, book, secrets_folder().callers_key(), uses)


@pytest.fixture
def identify(book, uses):
    """A function that gives the caller to whom a key belongs, as the gate sees them; it raises as the gate refuses."""
    secrets = secrets_folder()
    services = ServiceTokens("notify", secrets.trusted_services())
    authenticator = Authenticator(book, secrets.callers_key(), services, None, uses)

    async def identified(text):
        return await authenticator.identify(f"Bearer {text}")

    return identified


@pytest.fixture
async def admin(identify):
    """The tester, who has every role."""
    return await identify(tester_key())


@pytest.fixture
def register(subjects):
    """A function that makes a subject with these grants, or changes what they are granted, and gives it."""

    async def registered(handle, *grants, **fields):
        return (await subjects.set_grants(Who.named(handle), grants, **fields)).after

    return registered


@pytest.fixture
def enrol(register, keys, identify, admin):
    """A function that makes a subject with a key of these grants (none: all that they may) and gives them as caller."""

    async def enrolled(handle, *subject_grants, key_grants=(), lifetime=None):
        subject = await register(handle, *subject_grants)
        made = await keys.create(admin, Order(subject.id, "first", key_grants, lifetime))
        return await identify(made.text)

    return enrolled
