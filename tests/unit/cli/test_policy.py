"""`sightline policy`, which needs no service."""

import json

from typer.testing import CliRunner

from sightline.chassis.policy import NOTICE, load_policy
from sightline.cli.app import build_app


def run(*arguments: str):
    """Runs the command."""
    return CliRunner().invoke(build_app(), ["policy", *arguments])


def test_the_list_names_every_policy_and_says_that_it_is_no_advice():
    """The names are those that SIGHTLINE_POLICY takes."""
    said = run("list")
    assert "uk-lfr" in said.output
    assert NOTICE in said.output
    assert [each["name"] for each in json.loads(run("list", "--json").stdout)][:2] == ["default", "eu-police"]


def test_a_policy_is_shown_with_what_is_not_enforced():
    """Limits, review, searches, and each sentence about what is missing."""
    said = run("show", "uk-lfr").output
    assert "1d" in said
    assert "a purpose and a case" in said
    assert all(f"not enforced: {each}" in said for each in load_policy("uk-lfr").not_enforced)
    assert NOTICE in said


def test_a_policy_for_programs_has_every_value():
    """As JSON, with spans as the files have them."""
    shown = json.loads(run("show", "--json").stdout)
    assert (shown["name"], shown["retention"]["watchlists"], shown["review"]["policy"]) == ("default", "365d", "two")
    assert shown["notice"] == NOTICE


def test_a_file_of_ones_own_is_checked(tmp_path):
    """What is wrong with it is said as a service would say it at its start."""
    file = tmp_path / "mine.toml"
    file.write_text("title = 'Mine'\n")
    said = run("show", str(file))
    assert "POLICY_INVALID" in str(said.exception)
