"""Files that use one broker, one ingest and one notify; they end with the last of them."""
