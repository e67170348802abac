from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from sightline.chassis.probe import is_serving


@pytest.fixture
def health_server():
    """A gRPC server with a health servicer, and its port."""
    server = grpc.server(ThreadPoolExecutor(1))
    servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield servicer, port
    server.stop(None).wait()


def test_a_serving_port_is_healthy(health_server):
    """SERVING is the one answer that counts as healthy."""
    servicer, port = health_server
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    assert is_serving(port)


def test_a_port_that_does_not_serve_is_unhealthy(health_server):
    """A service that answers NOT_SERVING is not reported as healthy."""
    servicer, port = health_server
    servicer.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    assert not is_serving(port)


def test_silence_is_unhealthy(health_server):
    """A port at which nobody answers is not reported as healthy."""
    assert not is_serving(1, timeout=1.0)
