"""Packs of published ONNX files, pulled from a local server."""

import hashlib
import io
import json
import stat
import zipfile

import pytest
from rich.console import Console
from rich.progress import Progress
from typer.testing import CliRunner

from sightline.chassis.errors import FailedPrecondition, InvalidInput, Unavailable
from sightline.chassis.pack import load_pack
from sightline.cli.models.catalogue import PublishedPack, published_pack
from sightline.cli.models.commands import app
from sightline.cli.models.published import pull_published
from sightline.cli.models.settings import ModelSettings


def listed(name, like, **changes):
    """An entry of the list with other files."""
    entry = published_pack(like).model_dump(exclude={"sources"}) | {"name": name} | changes
    for file in entry["files"]:
        file["sha256"] = file["sha256"] or "unknown"
    return PublishedPack.model_validate(entry)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def packed(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.fixture
def direct(file_server, scrfd_model, chip_model):
    """A pack of two files with known hashes and their own addresses."""
    models = {"det.onnx": scrfd_model(), "emb.onnx": chip_model()}
    file_server.files |= {f"/{name}": model for name, model in models.items()}
    parts = {"det.onnx": "detector", "emb.onnx": "embedder"}
    files = [
        {
            "part": parts[name],
            "path": name,
            "size": len(model),
            "sha256": digest(model),
            "urls": [f"{file_server.address}/{name}"],
        }
        for name, model in models.items()
    ]
    return listed("toy", "buffalo_l", files=files, archives=[], needs_acceptance=False)


@pytest.fixture
def zipped(file_server, scrfd_model, chip_model):
    """A pack in an archive, its hashes known to nobody, its licence to be accepted."""
    members = {"toy/scrfd_10g_bnkps.onnx": scrfd_model(), "toy/glintr100.onnx": chip_model(), "toy/age.onnx": b"-"}
    file_server.files["/antelopev2.zip"] = packed(**members)
    return listed(
        "toy",
        "antelopev2",
        archives=[{"name": "antelopev2.zip", "urls": [f"{file_server.address}/antelopev2.zip"]}],
    )


@pytest.fixture
def pull(tmp_path):
    """Pull an entry to `tmp_path/toy`; `said` is what the console showed."""
    console = Console(file=io.StringIO(), width=200)

    def run(entry, mirror="", **options):
        settings = ModelSettings(
            tmp_path / "state", tmp_path / "cache", tmp_path, {"PIP_CONFIG_FILE": "/dev/null"}, mirror
        )
        return pull_published(entry, tmp_path / "toy", settings, Progress(console=console), **options)

    run.said = console.file.getvalue
    return run


def test_a_pack_of_known_files_comes_whole(pull, direct, file_server, tmp_path):
    """Manifest and hashes agree, nothing was to be pinned, no download is left, and pulling again asks nobody."""
    pack = pull(direct)
    pack.verify()
    assert (pack.embedder.dimension, pack.embedder.threshold) == (512, 0.4)
    assert "warning" not in pull.said()
    assert not list((tmp_path / "cache" / "downloads").glob("*.part"))
    asked = len(file_server.asked)
    assert pull(direct) == pack
    assert len(file_server.asked) == asked


def test_a_mirror_is_asked_instead(pull, direct, file_server):
    """SIGHTLINE_MODELS_MIRROR or --mirror: no other address is used."""
    file_server.files = {f"/air/gap{path}": body for path, body in file_server.files.items()}
    with pytest.raises(Unavailable, match="MODEL_DOWNLOAD_FAILED"):
        pull(direct)
    pull(direct, mirror=f"{file_server.address}/air/gap").verify()


def test_a_forged_file_leaves_what_was_there(pull, direct, file_server, tmp_path):
    """MODEL_HASH_MISMATCH: the pack of before stays, and no half of a new one."""
    pull(direct)
    (tmp_path / "toy" / "emb.onnx").write_bytes(b"damaged")
    file_server.files["/emb.onnx"] = file_server.files["/emb.onnx"][:-1] + b"?"
    with pytest.raises(FailedPrecondition, match="MODEL_HASH_MISMATCH"):
        pull(direct)
    assert (tmp_path / "toy" / "emb.onnx").read_bytes() == b"damaged"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "toy"]


def test_a_graph_of_another_form_is_no_pack(pull, direct, file_server, chip_model, tmp_path):
    """MODEL_UNSUITABLE although the hash is right: the list itself would be wrong."""
    wrong = chip_model(128)
    file_server.files["/emb.onnx"] = wrong
    facts = {"sha256": digest(wrong), "size": len(wrong)}
    entry = direct.model_copy(update={"files": (direct.files[0], direct.files[1].model_copy(update=facts))})
    with pytest.raises(FailedPrecondition, match=r"MODEL_UNSUITABLE.*gives 128 numbers, the pack declares 512"):
        pull(entry)
    assert not (tmp_path / "toy").exists()


def test_a_licence_has_to_be_accepted_first(pull, zipped, file_server, tmp_path):
    """LICENCE_NOT_ACCEPTED before anything is asked of a server; the word given is kept with person and time."""
    with pytest.raises(FailedPrecondition, match=r"LICENCE_NOT_ACCEPTED.*non-commercial research.*--accept-license"):
        pull(zipped)
    assert not file_server.asked
    pull(zipped, accepts=True)
    record = json.loads((tmp_path / "toy" / "licence-acceptance.json").read_text())
    assert record["licence"] == "InsightFace: non-commercial research"
    assert record["person"]
    assert record["accepted_at"].endswith("+00:00")
    assert sorted(path.name for path in (tmp_path / "toy").iterdir()) == [
        "glintr100.onnx",
        "licence-acceptance.json",
        "pack.toml",
        "scrfd_10g_bnkps.onnx",
    ]


def test_pulling_again_keeps_acceptance_and_signed_licence(pull, zipped, tmp_path):
    """A pack that is mended is the one whose licence was accepted and signed."""
    pull(zipped, accepts=True)
    record = (tmp_path / "toy" / "licence-acceptance.json").read_text()
    (tmp_path / "toy" / "MODEL.LICENSE").write_text("Signed by both.")
    (tmp_path / "toy" / "glintr100.onnx").unlink()
    pull(zipped)
    assert (tmp_path / "toy" / "licence-acceptance.json").read_text() == record
    assert (tmp_path / "toy" / "MODEL.LICENSE").read_text() == "Signed by both."


def test_an_unknown_hash_is_pinned_by_the_first_pull(pull, zipped, file_server, chip_model, tmp_path):
    """A warning says so; from then on another file of that name is refused."""
    pull(zipped, accepts=True)
    assert "warning: nobody published a SHA-256 of glintr100.onnx" in pull.said()
    pinned = load_pack(tmp_path / "toy").embedder.file("model").sha256
    assert pinned == digest(chip_model())
    (tmp_path / "toy" / "glintr100.onnx").unlink()
    members = {"scrfd_10g_bnkps.onnx": (tmp_path / "toy" / "scrfd_10g_bnkps.onnx").read_bytes()}
    file_server.files["/antelopev2.zip"] = packed(**members, **{"glintr100.onnx": chip_model(256)})
    with pytest.raises(FailedPrecondition, match="MODEL_HASH_MISMATCH"):
        pull(zipped)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"../glintr100.onnx": b"x"}, "ARCHIVE_UNSAFE"),
        ({"/etc/glintr100.onnx": b"x"}, "ARCHIVE_UNSAFE"),
        ({"..\\glintr100.onnx": b"x"}, "ARCHIVE_UNSAFE"),
        ({"scrfd_10g_bnkps.onnx": b"x"}, "ARCHIVE_INCOMPLETE"),
        ({"scrfd_10g_bnkps.onnx": b"x", "a/glintr100.onnx": b"x", "b/glintr100.onnx": b"y"}, "ARCHIVE_INCOMPLETE"),
    ],
)
def test_an_archive_that_leads_astray_is_refused(pull, zipped, file_server, tmp_path, members, reason):
    """Paths out of it, missing and ambiguous members: nothing is put in place."""
    file_server.files["/antelopev2.zip"] = packed(**members)
    with pytest.raises(InvalidInput, match=reason):
        pull(zipped, accepts=True)
    assert not (tmp_path / "toy").exists()


def test_a_link_in_an_archive_is_refused(pull, zipped, file_server):
    """A symbolic link would make a later member land elsewhere."""
    stream, link = io.BytesIO(), zipfile.ZipInfo("glintr100.onnx")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    file_server.files["/antelopev2.zip"] = stream.getvalue()
    with pytest.raises(InvalidInput, match="ARCHIVE_UNSAFE"):
        pull(zipped, accepts=True)


def test_what_is_no_archive_is_said(pull, zipped, file_server):
    """A login page under the archive's name."""
    file_server.files["/antelopev2.zip"] = b"<html>please sign in</html>"
    with pytest.raises(InvalidInput, match=r"ARCHIVE_DAMAGED.*antelopev2\.zip"):
        pull(zipped, accepts=True)


def test_info_shows_who_accepted_what_and_the_signed_licence(pull, zipped, tmp_path):
    """For people and for programs."""
    pull(zipped, accepts=True)
    (tmp_path / "toy" / "MODEL.LICENSE").write_text("Signed by both.")
    shown = CliRunner().invoke(app, ["info", "--dir", str(tmp_path / "toy")]).stdout
    assert "no commercial use" in shown
    assert "'InsightFace: non-commercial research' accepted by" in shown
    assert "Signed by both." in shown
    told = json.loads(CliRunner().invoke(app, ["info", "--dir", str(tmp_path / "toy"), "--json"]).stdout)[0]
    assert told["licence_acceptance"]["pack"] == "toy"
    assert told["signed_licence"] == "Signed by both."


def test_verify_says_which_graph_does_not_fit(pull, direct, tmp_path):
    """MODEL_UNSUITABLE with the reason, after the hash was right."""
    pull(direct)
    manifest = tmp_path / "toy" / "pack.toml"
    manifest.write_text(manifest.read_text().replace("dimension = 512", "dimension = 128"))
    result = CliRunner().invoke(app, ["verify", "--dir", str(tmp_path / "toy"), "--json"])
    assert result.exit_code == 1
    detector, embedder = json.loads(result.stdout)
    assert detector["result"] == "ok"
    assert embedder["result"] == "MODEL_UNSUITABLE"
    assert "gives 512 numbers" in embedder["why"]
