"""The report of an evaluation: one HTML page for everybody who has to live with the figures, and the same as JSON."""
