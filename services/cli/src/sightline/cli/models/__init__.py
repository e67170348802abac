"""Model packs: published weight files come in, a checked folder with a `pack.toml` goes out."""
