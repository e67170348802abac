"""Media time as people write it."""

_MINUTE, _HOUR = 60, 3600


def clock(seconds: float) -> str:
    """Give a time in a video to the second: 1:05, or 1:02:05 from an hour on."""
    whole = int(seconds)
    hours, rest = divmod(whole, _HOUR)
    minutes, second = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"
