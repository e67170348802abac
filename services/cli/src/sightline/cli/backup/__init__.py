"""Backups of what the broker keeps, and how they are brought back."""
