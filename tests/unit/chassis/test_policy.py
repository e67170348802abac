"""Policies: those that come with the system, and files of one's own."""

from datetime import timedelta

import pytest

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.policy import load_policy, policy_names

NAMES = ["default", "eu-police", "private-us", "uk-lfr", "wa-public"]


@pytest.fixture
def own(tmp_path, pytestconfig):
    """A function that writes a file of one's own: the default one with something else in a line's place."""
    text = (pytestconfig.rootpath / "deploy" / "policies" / "default.toml").read_text()

    def write(before: str = "", after: str = "") -> str:
        assert before in text
        file = tmp_path / "mine.toml"
        file.write_text(text.replace(before, after) if before else text)
        return str(file)

    return write


def test_the_policies_of_the_folder_are_those_that_services_carry(pytestconfig):
    """deploy/policies is a link to the package's folder, and each file in it is a policy."""
    folder = pytestconfig.rootpath / "deploy" / "policies"
    carried = pytestconfig.rootpath / "services" / "chassis" / "src" / "sightline" / "chassis" / "policies"
    assert folder.samefile(carried)
    assert policy_names() == NAMES == sorted(file.stem for file in folder.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_every_policy_can_be_read_and_says_what_is_missing(name):
    """None keeps alerts longer than the broker does, and each names what it asks for in vain."""
    policy = load_policy(name)
    assert timedelta(0) < policy.retention.alerts <= timedelta(days=31)
    assert policy.basis.endswith(".")
    assert policy.not_enforced
    assert all(each.endswith(".") for each in policy.not_enforced)


def test_the_figures_that_requirements_name():
    """24 h for watchlists in the United Kingdom, 183 days of logs in the EU, three years in the United States."""
    assert load_policy("default").retention.watchlists == timedelta(days=365)
    assert load_policy("default").review.policy == "two"
    assert load_policy("uk-lfr").retention.watchlists == timedelta(hours=24)
    assert load_policy("eu-police").retention.audit >= timedelta(days=183)
    assert load_policy("private-us").retention.persons == timedelta(days=3 * 365)


def test_a_file_of_ones_own_is_read_by_its_path(own):
    """It is the same as the one it was copied from, but for what was changed."""
    assert load_policy(own()) == load_policy("default")
    assert load_policy(own('watchlists = "365d"\n', "")).retention.watchlists is None
    assert load_policy(own('"24h"', '"90m"')).review.expire_after == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[review]", "[review]\nquorum = 3", "review.quorum: no such key"),
        ("title =", "name = 'x'\ntitle =", "name: no such key"),
        ('alerts = "31d"', 'alerts = "32d"', "retention.alerts: .*31"),
        ('alerts = "31d"', "alerts = 31", "retention.alerts: .*write it as 31d"),
        ('alerts = "31d"', 'alerts = "0d"', "retention.alerts: .*write it as 31d"),
        ('alerts = "31d"', "", "retention.alerts: Field required"),
        ('audit = "183d"', 'audit = "1096d"', "retention.audit"),
        ('policy = "two"', 'policy = "three"', "review.policy"),
        ("requester_may_review = false", "requester_may_review = 0", "review.requester_may_review"),
        ("purpose_required = true", "purpose_required = false", "searches.purpose_required"),
        ("[searches]", "[searches", ".* \\(at line"),
    ],
)
def test_what_is_wrong_is_refused_with_the_file_and_the_key(own, before, after, said):
    """No key is ignored, none is guessed, and no policy promises what the broker does not keep."""
    with pytest.raises(FailedPrecondition, match=f"POLICY_INVALID: Policy .*mine\\.toml: {said}"):
        load_policy(own(before, after))


@pytest.mark.parametrize("name", ["uk", "./absent.toml", "", "..", "Default"])
def test_a_policy_that_is_not_there_is_refused_with_those_that_are(name):
    """By name as by path."""
    with pytest.raises(FailedPrecondition, match=r"POLICY_NOT_FOUND.*SIGHTLINE_POLICY.*default, eu-police, "):
        load_policy(name)
