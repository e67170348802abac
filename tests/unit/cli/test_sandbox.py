"""`sightline sandbox`: what it reads and writes, what it compares, and what of the environment reaches its services."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from labelled_inference import whole_pack
from typer.testing import CliRunner

from sightline.chassis.errors import AlreadyExists, FailedPrecondition, InvalidInput
from sightline.chassis.policy import load_policy
from sightline.cli.app import build_app
from sightline.cli.import_call import Refused
from sightline.cli.import_sources import Entry
from sightline.cli.installation import Installation
from sightline.cli.local_system import environment
from sightline.cli.ports import choose_ports
from sightline.cli.sandbox.answers import Answer, Enrolment, Failure
from sightline.cli.sandbox.box import sandbox_plan
from sightline.cli.sandbox.makeup import differences, makeup_in, makeup_of, pack_in
from sightline.cli.sandbox.probes import Probe, read_probes
from sightline.cli.sandbox.results import Candidates, enrolment_summary, write_summary
from sightline.cli.supervision import shared_settings
from sightline.v1 import face_pb2, gallery_service_pb2, import_service_pb2
from sightline.v1.search_service_pb2 import PersonMatch

PROBE = Probe("a.jpg", Path("a.jpg"))


@pytest.fixture
def pack(tmp_path):
    """A pack whose weight files are as its manifest says."""
    return whole_pack(tmp_path / "pack")


@pytest.fixture
def plan(tmp_path, pack):
    """A sandbox that was not started."""
    return sandbox_plan(tmp_path / "scores.csv.sandbox", pack.folder, "cpu")


def run(*words):
    """Run the command, and raise its error."""
    result = CliRunner().invoke(build_app("sandbox"), ["sandbox", "run", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def match(person, cosine):
    """A candidate."""
    person = gallery_service_pb2.Person(external_id=person)
    return PersonMatch(person=person, cosine=cosine, similarity=100 * cosine)


def test_a_probe_set_is_a_folder_or_a_list(tmp_path):
    """Pictures at any depth, in a fixed order; of a list only the paths are read, from where the list lies."""
    for name in ("b.png", "x/a.jpg", "notes.txt"):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(b"picture")
    assert [probe.key for probe in read_probes(tmp_path / "set")] == ["b.png", "x/a.jpg"]
    (tmp_path / "list.csv").write_text("person,path\nsecret-17,set/b.png\n")
    assert read_probes(tmp_path / "list.csv") == [Probe("set/b.png", tmp_path / "set/b.png")]


@pytest.mark.parametrize(("text", "reason"), [("path\n", "PROBES_MISSING"), ("file\nb.png\n", "COLUMNS_MISSING")])
def test_a_probe_set_without_probes_is_refused(tmp_path, text, reason):
    """A list without rows, and one without paths."""
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(InvalidInput, match=reason):
        read_probes(tmp_path / "list.csv")


def test_candidates_go_on_below_the_threshold_which_is_marked():
    """A line for each candidate with its rank; from the threshold in force on it is 1, below it is 0."""
    file = io.StringIO()
    candidates = Candidates(file, threshold=0.5)
    candidates.add(Answer(PROBE, 12.34, [match("p1", 0.75), match("p2", 0.25)]))
    candidates.add(Answer(replace(PROBE, key="b.jpg"), 10))
    failure = Failure("c.jpg", "NO_FACE", "there is no face")
    candidates.add(Answer(replace(PROBE, key="c.jpg"), 9, failure=failure))
    lines = list(csv.DictReader(io.StringIO(file.getvalue())))
    told = [(each["probe"], each["outcome"], each["rank"], each["person"], each["candidate"]) for each in lines]
    assert told == [
        ("a.jpg", "searched", "1", "p1", "1"),
        ("a.jpg", "searched", "2", "p2", "0"),
        ("b.jpg", "searched", "", "", ""),
        ("c.jpg", "NO_FACE", "", "", ""),
    ]
    assert (lines[0]["cosine"], lines[0]["similarity"], lines[0]["milliseconds"]) == ("0.750000", "75.000", "12.3")
    summary = candidates.summary(top=2)
    assert (summary["probes"], summary["searched"], summary["failure_to_acquire"]) == (3, 2, 1 / 3)
    assert summary["reasons"] == {"NO_FACE": 1}
    assert summary["milliseconds"]["max"] == 12.3


def test_without_a_threshold_in_force_nothing_is_called_a_candidate():
    """A watchlist whose target nothing measured can keep has none: the column stays empty."""
    file = io.StringIO()
    Candidates(file, threshold=None).add(Answer(PROBE, 1, [match("p1", 0.9)]))
    assert next(csv.DictReader(io.StringIO(file.getvalue())))["candidate"] == ""


def test_who_could_not_be_enrolled_is_in_the_summary_with_the_reason(tmp_path):
    """What the service refused and what could not be sent are failures to enrol; a picture that came twice is not."""
    problem = face_pb2.Problem(reason="NO_FACE", message="no face")
    outcomes = import_service_pb2.IMPORT_OUTCOME_ENROLLED, import_service_pb2.IMPORT_OUTCOME_KNOWN
    items = [import_service_pb2.ImportedItem(outcome=outcome) for outcome in outcomes]
    refused = import_service_pb2.IMPORT_OUTCOME_REFUSED
    items.append(import_service_pb2.ImportedItem(key="c.jpg", outcome=refused, problem=problem))
    enrolment = Enrolment(4)
    enrolment.answered(import_service_pb2.ImportFacesResponse(items=items))
    enrolment.refused(Refused(Entry("d.jpg", "", lambda: None), "IMAGE_EMPTY", "empty"))
    write_summary(tmp_path / "scores.json", enrolment_summary(enrolment))
    facts = json.loads((tmp_path / "scores.json").read_text())
    assert enrolment.done == 4
    assert (facts["enrolled"], facts["known"], facts["failure_to_enrol"]) == (1, 1, 0.5)
    assert [(each["picture"], each["reason"]) for each in facts["failures"]] == [
        ("c.jpg", "NO_FACE"),
        ("d.jpg", "IMAGE_EMPTY"),
    ]


def test_other_files_other_settings_and_other_releases_are_differences(pack):
    """What decides answers is compared; a release is where both run, and the pack's name is nobody's business."""
    ours = makeup_of(pack, ("0.1.0",))
    assert not list(differences(ours, replace(ours, pack="renamed 2", releases=())))
    other = replace(ours, embedder_sha256={"model.onnx": "f" * 64}, embedder_id="a" * 26)
    assert list(differences(ours, other)) == ["other weight files of the embedder"]
    assert list(differences(ours, replace(ours, detector_id="a" * 26))) == [
        "the same weight files of the detector, used otherwise"
    ]
    assert list(differences(ours, replace(ours, releases=("0.2.0",)))) == ["release 0.1.0 here, 0.2.0 there"]


def test_the_pack_is_the_one_that_the_system_in_use_runs(tmp_path, pack):
    """A running system says which; where there is no system, there is nothing to compare with."""
    state = tmp_path / "state"
    assert makeup_in(state) is None
    Installation(state).prepare()
    Installation(state).announce(choose_ports(0), pack=pack.folder)
    assert pack_in(state) == pack.folder
    assert makeup_in(state).embedder_sha256 == {file.path: file.sha256 for file in pack.embedder.files}
    assert makeup_in(state).releases == ()


def test_nothing_that_leads_to_another_system_reaches_the_services(plan, monkeypatch):
    """Qdrant, keys and identity provider of another system stay out; what changes answers is taken over."""
    for name in ("QDRANT_URL", "KMS_URL", "INSTALLATION_KEY", "OIDC_ISSUER", "API_KEY", "STATE_DIR", "POLICY"):
        monkeypatch.setenv(f"SIGHTLINE_{name}", "https://in-use.example")
    monkeypatch.setenv("SIGHTLINE_INDEX_EF", "512")
    plan = sandbox_plan(plan.installation.state, plan.pack, "cpu")
    told = {**environment(plan), **shared_settings(plan)}
    assert not [name for name, value in told.items() if "in-use.example" in value]
    assert told["SIGHTLINE_INDEX_EF"] == "512"
    assert told["SIGHTLINE_STATE_DIR"] == str(plan.installation.state)
    assert "ingest" not in plan.processes
    assert load_policy(told["SIGHTLINE_POLICY"]).searches.per_person_and_day is None


def test_a_sandbox_that_was_kept_is_not_deleted_by_the_next(plan):
    """It has secrets; one that failed has logs alone, and goes."""
    (plan.installation.logs).mkdir(parents=True)
    assert sandbox_plan(plan.installation.state, plan.pack, "cpu").installation == plan.installation
    plan.installation.secrets.mkdir(parents=True)
    with pytest.raises(AlreadyExists, match="SANDBOX_EXISTS"):
        sandbox_plan(plan.installation.state, plan.pack, "cpu")


def test_a_test_of_other_models_than_those_of_the_named_system_is_refused(tmp_path, pack):
    """It is refused before anything starts: whoever names a system wants to test that one."""
    changed = tmp_path / "changed"
    changed.mkdir()
    for file in pack.folder.iterdir():
        (changed / file.name).write_bytes(file.read_bytes())
    text = (changed / "pack.toml").read_text()
    (changed / "pack.toml").write_text(text.replace("score_threshold = 0.5", "score_threshold = 0.6"))
    assert (changed / "pack.toml").read_text() != text
    Installation(tmp_path / "state").prepare()
    Installation(tmp_path / "state").announce(choose_ports(0), pack=pack.folder)
    words = (tmp_path, tmp_path, "--pack", changed, "--state-dir", tmp_path, "--out", tmp_path / "scores.csv")
    with pytest.raises(FailedPrecondition, match=r"MODELS_DIFFER.*weight files of the detector, used otherwise"):
        run(*words, "--like", tmp_path / "state")
    with pytest.raises(FailedPrecondition, match="NO_SYSTEM"):
        run(*words, "--like", tmp_path / "nowhere")
    assert not (tmp_path / "scores.csv.sandbox").exists()
