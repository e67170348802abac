"""The gRPC methods as resources: JSON under `/v1`."""
