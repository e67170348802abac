"""Asks a gRPC health port of this host for its status: `python -m sightline.chassis.probe PORT`.

For container health checks where nothing else speaks gRPC. Exit code 0 when it is SERVING, else 1.
"""

from __future__ import annotations

import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc


def is_serving(port: int, timeout: float = 3.0) -> bool:
    """Whether the port says SERVING within `timeout` seconds; no answer is a no."""
    request = health_pb2.HealthCheckRequest()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(request, timeout=timeout)  # type: ignore[attr-defined] # the types leave it out
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


if __name__ == "__main__":
    sys.exit(not is_serving(int(sys.argv[1])))
