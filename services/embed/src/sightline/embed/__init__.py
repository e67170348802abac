"""Face crops with landmarks come in; unit-length templates go out."""
