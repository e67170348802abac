"""Figures of others, to stand beside ours."""

ANCHORS = (
    ("dlib's ResNet on LFW", "99.38 % accuracy", "its author's; LFW's 6,000 pairs"),
    ("SFace on LFW", "99.40 % accuracy", "its authors'; LFW's 6,000 pairs"),
    ("InsightFace buffalo_l", "99.83 % on LFW; 91.25 on MR-ALL", "its authors'"),
    ("The best of NIST FRTE 1:N", "FNIR 0.0006 at FPIR 0.003", "12 million mugshots; controlled pictures"),
    (
        "Amazon Rekognition",
        "advises 99 % similarity for public safety",
        "its documentation, with no error rates",
    ),
    ("Metropolitan Police, live recognition", "10 false alerts among 3.15 million faces", "its annual report"),
)
"""(who, what, where it comes from)."""
