"""Tests that share one running system."""
