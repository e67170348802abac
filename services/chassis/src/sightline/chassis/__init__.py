"""What every service stands on: settings, logs, errors, bus, rpc, lifecycle, health, metrics."""

import os

# Before anything imports it: gRPC's core writes each failed handshake to stderr, where people read our own error.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
