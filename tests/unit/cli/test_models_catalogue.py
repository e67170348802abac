"""The list of packs that can be pulled."""

import pytest

from sightline.chassis.errors import NotFound
from sightline.chassis.pack import ModelFile
from sightline.cli.models.catalogue import published_pack, published_packs

NAMES = ["starter", "opencv", "opencv-int8", "buffalo_l", "buffalo_s", "buffalo_sc", "antelopev2"]


def test_the_packs_that_people_want_are_listed():
    """The starter pack, OpenCV's two and insightface's four."""
    assert [pack.name for pack in published_packs()] == NAMES
    with pytest.raises(NotFound, match=r"UNKNOWN_PACK.*opencv, .*models import"):
        published_pack("vggface")


def test_the_deployment_table_is_the_list_that_the_command_carries(pytestconfig):
    """deploy/models.toml is a link: there are no two lists to drift apart."""
    link = pytestconfig.rootpath / "deploy" / "models.toml"
    carried = pytestconfig.rootpath / "services" / "cli" / "src" / "sightline" / "cli" / "models" / "models.toml"
    assert link.samefile(carried)


@pytest.mark.parametrize("name", NAMES)
def test_the_settings_of_every_pack_make_a_manifest(name):
    """Kind, sizes, threshold and similarity map are what `Pack` allows, whatever the files."""
    pack = published_pack(name)
    file = ModelFile(role="model", path="w.onnx", sha256="0" * 64, source_sha256="0" * 64)
    roles = ("pnet", "rnet", "onet") if name == "starter" else ("model",)
    described = pack.described([file.model_copy(update={"role": role}) for role in roles], [file])
    assert described.embedder.to_similarity(described.embedder.threshold) == pytest.approx(80)
    assert described.facts


def test_who_may_use_a_pack_is_said():
    """The packs of insightface are for non-commercial research, and only they have to be accepted."""
    ours = [pack for pack in published_packs() if pack.needs_acceptance]
    assert [pack.name for pack in ours] == NAMES[3:]
    assert not any(pack.commercial_use for pack in ours)
    assert {pack.fit_for for pack in ours} == {"research"}


def test_hashes_are_known_or_said_to_be_unknown():
    """Every file but antelopev2's two is pinned; none of those two is guessed."""
    unknown = [file.path for pack in published_packs() for file in pack.files if file.sha256 is None]
    assert unknown == ["scrfd_10g_bnkps.onnx", "glintr100.onnx"]


def test_everything_comes_by_https():
    """No address of the list is one that somebody on the way could change."""
    urls = [url for pack in published_packs() for each in (*pack.files, *pack.archives) for url in each.urls]
    assert len(urls) == 4 + 4 * 2
    assert all(url.startswith("https://github.com/") for url in urls)
