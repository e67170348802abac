"""Whether recognition still is as good as it was: each pack on the shared portraits, beside figures that are kept here.

    make evaluate

Everything is read anew, through the real services: a change in decoding, alignment or preprocessing changes no hash of
a model, and must not cost accuracy unseen. The pictures are the same each time, so figures differ by rounding alone.
One is refused where it is worse than what is kept by more than its tolerance, or outside the interval that is kept.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from evaluation_packs import PACKS, SHARED, pack_folder
from rich.console import Console

KEPT = Path(__file__).parent / "figures"
OUT = Path(__file__).resolve().parents[2] / "out" / "evaluation"
# How much worse a share may be, and how far a mean cosine may move, before somebody has to look.
SHARE, COSINE = 0.003, 0.003


def main() -> None:
    """Measures, compares, and ends with 1 where something is worse; with 2 where there is nothing to measure with."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--only", choices=sorted(PACKS), help="one pack")
    arguments.add_argument("--update", action="store_true", help="keep what is found now, for a change that is meant")
    wanted = arguments.parse_args()
    console = Console()
    if not (SHARED / "media" / "manifest.csv").is_file():
        console.print(f"evaluate needs the weights and pictures in {SHARED}, which this machine does not have.")
        sys.exit(2)
    worse = []
    for name in [wanted.only] if wanted.only else PACKS:
        found = figures_of(measured(name))
        path = KEPT / f"{name}.json"
        if wanted.update:
            KEPT.mkdir(exist_ok=True)
            path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
            console.print(f"{name}: kept in {path.name}")
            continue
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        complaints = compared(found, kept) if kept else ["no figures are kept of it: --update keeps these"]
        console.print(f"{name}: {'; '.join(complaints) or 'as it was'}", style="red" if complaints else "green")
        worse += complaints
    sys.exit(1 if worse else 0)


def measured(name: str) -> dict:
    """The report of a pack, as JSON; nothing of an earlier run is used."""
    report, pack = OUT / name, pack_folder(name, OUT / "packs")
    shutil.rmtree(report, ignore_errors=True)
    media = SHARED / "media"
    command = [
        *(sys.executable, "-m", "sightline.cli", "evaluate", str(media / "manifest.csv"), "--where"),
        *("category=portrait", "--pairs", str(media / "pairs.csv"), "--label", "source_repo"),
        *("--pack", str(pack), "--report", str(report), "--state-dir", str(report / "no-installation")),
    ]
    subprocess.run(command, check=True)
    return json.loads((report / "report.json").read_text(encoding="utf-8"))


def figures_of(report: dict) -> dict:
    """The figures that are kept, by name; each with its interval, or with how far it may move."""
    verification, sizes = report["verification"], report["galleries"]["sizes"]
    kept = {f"FNMR at FMR {point['fmr']:g}": point["fnmr"] for point in verification["operating"]}
    kept |= {f"FNIR at FPIR {point['fpir']:g}": point["fnir"] for point in sizes[-1]["points"]}
    kept |= {f"FMR at cosine {each['cosine']:.3f}": each["fmr"] for each in report["thresholds"][1:]}
    kept["failure to enrol"] = report["enrolment"]
    shares = {name: rate for name, rate in kept.items() if rate is not None}
    strangers, same = report["histograms"]
    return {
        "embedder_id": report["embedder_id"],
        "dataset_sha256": report["dataset_sha256"],
        "shares": shares | {"wrong among the named pairs": _wrong(report["accuracy"])},
        "cosines": {"mean of different people": _mean(strangers), "mean of one person": _mean(same)},
    }


def compared(found: dict, kept: dict) -> list[str]:
    """What is worse, or not to be compared."""
    for name in ("embedder_id", "dataset_sha256"):
        if found[name] != kept[name]:
            return [f"{name} is another one: these figures are not of the same thing; --update keeps the new ones"]
    said = []
    for name, was in kept["shares"].items():
        now = found["shares"].get(name)
        if now is None or now["value"] > min(was["value"] + SHARE, was["high"]):
            said.append(f"{name} was {was['value']:.4f} and is {now and round(now['value'], 4)}")
    said += [
        f"{name} was {was:.4f} and is {found['cosines'][name]:.4f}"
        for name, was in kept["cosines"].items()
        if abs(found["cosines"][name] - was) > COSINE
    ]
    return said


def _wrong(accuracy: dict) -> dict:
    """The share of the named pairs that was told wrong, with two standard errors to both sides."""
    value, error = 1 - accuracy["value"], 2 * accuracy["error"]
    return {"value": value, "low": max(0.0, value - error), "high": value + error, "n": accuracy["pairs"]}


def _mean(histogram: list[float]) -> float:
    step = 2 / len(histogram)
    return sum(share * (-1 + step * (place + 0.5)) for place, share in enumerate(histogram))


if __name__ == "__main__":
    main()
