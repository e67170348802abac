"""Cameras and video come in; face shots of tracked people go out on NATS."""
