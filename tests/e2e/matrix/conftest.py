"""One running system for all files of this folder: it takes longer to start than to ask."""

import asyncio

import cv2
import pytest
from authz_population import populate
from authz_system import running_system
from skimage import data


@pytest.fixture(scope="package")
def services(tmp_path_factory, starter_pack):
    """Broker and all services."""
    _, picture = cv2.imencode(".jpg", cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR))
    with running_system(tmp_path_factory.mktemp("matrix"), starter_pack, picture.tobytes()) as running:
        yield running


@pytest.fixture(scope="module")
def system(services):
    """The services, and in them people of every role, with objects that no other file has used up."""
    asyncio.run(populate(services))
    return services
