"""The sightline command: runs a local system and talks to the services by gRPC."""
