"""What a service and its picture decoders say to each other, on one socket each."""

from __future__ import annotations

import struct

HEAD = struct.Struct("<cIIII")
"""Of what the decoder says: a kind, and four numbers; those that a kind does not name are 0."""
READY = b"R"
"""Once, when it can begin."""
ASKS = b"A"
"""It has read a header, and asks to which scale the picture may be reduced: width and height, upright."""
PIXELS = b"P"
"""Width and height of the pixels, then of the whole picture; the pixels follow, RGB."""
REFUSED = b"E"
"""Length of what follows: JSON, [reason, message]."""

TASK = struct.Struct("<I")
"""Of what the service says: the length of the picture's file, which follows."""
SCALE = struct.Struct("<d")
"""The answer to `ASKS`; not a number where nobody wants the picture any more."""
