"""What templates of labelled pictures say about error rates: numbers in, numbers out, no files and no services."""
