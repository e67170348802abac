"""The demonstration: people and a video drawn on the spot, enrolled, watched and checked."""
