"""How large an installation has to be: a sum over figures that were measured here, and says which were not."""
