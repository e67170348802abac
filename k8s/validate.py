"""Renders the base and every overlay, and checks each object: `python k8s/validate.py`, or `make k8s-validate`.

Objects of Kubernetes are checked by kubernetes-validate, strictly; those of others by the schemas that lie here. It
takes kubectl, or kustomize.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

HERE = Path(__file__).parent
VERSION = "1.34"


def roots() -> list[Path]:
    """Whatever can be applied."""
    return [HERE / "base", *sorted((HERE / "overlays").iterdir())]


def renderer() -> list[str] | None:
    """The command that renders a folder; None where there is none here."""
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    return ["kustomize", "build"] if shutil.which("kustomize") else None


@cache
def rendered(root: Path) -> tuple[dict[str, Any], ...]:
    """The objects of a folder. Raises CalledProcessError where it does not render."""
    command = renderer()
    if command is None:
        raise FileNotFoundError("neither kubectl nor kustomize is on PATH")
    text = subprocess.run([*command, root], capture_output=True, check=True, text=True).stdout
    # The loader in C: the one in Python takes longer than all that is checked of it.
    return tuple(yaml.load_all(text, Loader=yaml.CSafeLoader))


def problems(item: dict[str, Any]) -> list[str]:
    """What is wrong with an object: nothing, mostly."""
    name = f"{item['kind']}/{item['metadata']['name']}"
    schema = HERE / "schemas" / f"{item['apiVersion'].replace('/', '_')}_{item['kind']}.json"
    if schema.exists():
        # The schema itself is not looked at: patterns in it are Go's.
        errors = jsonschema.Draft202012Validator(json.loads(schema.read_text())).iter_errors(item)
        return [f"{name}: {error.json_path}: {error.message}" for error in errors]
    try:
        kubernetes_validate.validate(item, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{name}: {error.message}"]
    except kubernetes_validate.SchemaNotFoundError:
        return [f"{name}: there is no schema of {item['apiVersion']}"]
    return []


def main() -> int:
    """Says what is wrong; gives the exit code."""
    wrong = 0
    for root in roots():
        items = rendered(root)
        found = [problem for item in items for problem in problems(item)]
        sys.stdout.write(f"{root.relative_to(HERE.parent)}: {len(items)} objects, {len(found)} of them wrong\n")
        sys.stdout.writelines(f"  {problem}\n" for problem in found)
        wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
