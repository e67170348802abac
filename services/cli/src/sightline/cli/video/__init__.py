"""`sightline video`: who is in stored video, and when."""
