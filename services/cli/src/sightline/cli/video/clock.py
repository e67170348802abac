"""Media time as people write it."""

_MINUTE, _HOUR, _MILLISECONDS = 60, 3600, 1000


def clock(seconds: float) -> str:
    """Give a time in a video to the second: 1:05, or 1:02:05 from an hour on."""
    whole = int(seconds)
    hours, rest = divmod(whole, _HOUR)
    minutes, second = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"


def instant(seconds: float) -> str:
    """Give a time in a video to the millisecond: 1:05.200."""
    whole, rest = divmod(round(seconds * _MILLISECONDS), _MILLISECONDS)
    return f"{clock(whole)}.{rest:03}"
