"""Pictures come in; faces with boxes, landmarks and quality go out."""
