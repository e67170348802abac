"""The questions that everybody asks first, and what was found."""

from dataclasses import dataclass

from sightline.cli.evaluation.differentials import Ratio
from sightline.cli.evaluation.findings import QUALITY, Findings
from sightline.cli.evaluation_report.words import one_in, rate, spread, times


@dataclass(frozen=True)
class Answer:
    """A question, its answer in a few words, and what has to be known with it."""

    question: str
    answer: str
    detail: str
    is_alarming: bool = False


def answers_of(findings: Findings) -> list[Answer]:
    """Answer at the threshold in force; what was not measured says so."""
    largest = findings.galleries.sizes[-1]
    is_of_tracks = findings.tracks is not None and findings.tracks.one_enrolled
    fpir, fnir = largest.fpir["in force"], largest.fnir["in force"]
    answers = [
        Answer(
            f"How often is a stranger taken for one of {largest.size:,} enrolled people?",
            one_in(fpir.value) if fpir.is_measured else f"at most {one_in(fpir.high)}",
            spread(fpir),
            is_alarming=fpir.low > 0.01,  # noqa: PLR2004 - one passer-by in a hundred
        ),
        Answer(
            "How often is an enrolled person missed?",
            rate(fnir),
            f"{spread(fnir)}; among {largest.size:,} others, one picture enrolled",
        ),
        Answer(
            f"In how many {'tracks' if is_of_tracks else 'pictures'} is no face found?",
            rate(findings.enrolment),
            spread(findings.enrolment),
        ),
    ]
    worst = _worst(findings)
    if worst is not None:
        answers.append(_of_groups(*worst))
    return answers


def _worst(findings: Findings) -> tuple[str, Ratio] | None:
    """Give the largest ratio of false matches among single columns at the threshold in force."""
    ratios = [
        (each.columns[0], each.ratios["fmr"])
        for each in findings.differentials
        if each.threshold == "in force" and len(each.columns) == 1 and each.columns != (QUALITY,)
    ]
    known = [(column, ratio) for column, ratio in ratios if ratio is not None]
    return max(known, key=lambda each: each[1].value, default=None)


def _of_groups(column: str, ratio: Ratio) -> Answer:
    least = "at least " if ratio.is_at_least else ""
    return Answer(
        f"Is everybody treated alike? Groups by “{column}”",
        f"No: {least}{times(ratio.value)} times" if ratio.low > 1 else "No difference was shown",
        f"False matches of “{ratio.highest}” beside “{ratio.lowest}”: {least}{times(ratio.value)} times as many "
        f"({times(ratio.low)} to {times(ratio.high)})",
        is_alarming=ratio.low > 2,  # noqa: PLR2004 - twice as many is more than chance
    )
