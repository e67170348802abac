"""Sightings come in; alerts go out to the people who have to look at them."""
