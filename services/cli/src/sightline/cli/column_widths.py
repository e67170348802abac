"""How wide a table's columns are on a terminal that has no room for all of them."""

from collections.abc import Sequence

# A date has ten letters: words up to that stay whole. What is longer (a path, an id) may go on in the next line.
_SHORT = 10
# So much of it at least on each line: an id is on three lines, or where there is no room on five.
_PARTS = (9, 6)
_GAP = 2


def column_widths(columns: Sequence[Sequence[str]], room: int, whole: int | None) -> list[int | None]:
    """Give each column's width in letters; None for all where they fit as they are, or however they are broken do not.

    Args:
        columns: the heading and the cells of each.
        room: of the terminal, in letters.
        whole: the column whose cells are not broken, if there is one.
    """
    natural = [max(map(len, texts)) for texts in columns]
    room -= _GAP * (len(columns) - 1)
    for part in _PARTS if sum(natural) > room else ():
        least = [natural[place] if place == whole else _least(texts, part) for place, texts in enumerate(columns)]
        if sum(least) <= room:
            return list(_filled(least, natural, room - sum(least)))
    return [None] * len(columns)


def _filled(least: Sequence[int], natural: Sequence[int], spare: int) -> list[int]:
    widths = list(least)
    # Whoever lacks little gets it first: one long column goes on in the next line rather than three short ones.
    for place in sorted(range(len(least)), key=lambda place: natural[place] - least[place]):
        more = min(natural[place] - least[place], spare)
        widths[place] += more
        spare -= more
    return widths


def _least(texts: Sequence[str], part: int) -> int:
    longest = max((len(word) for text in texts for word in text.split()), default=1)
    return longest if longest <= _SHORT else part
