"""Templates come in and are searched in the galleries; sightings of enrolled people go out."""
