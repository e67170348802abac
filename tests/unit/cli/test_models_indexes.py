"""Which index is asked: what the user told pip or uv."""

from pathlib import Path

import pytest

from sightline.cli.models.indexes import PYPI, package_indexes
from sightline.cli.models.settings import ModelSettings

NOTHING = {"PIP_CONFIG_FILE": "/dev/null", "UV_NO_CONFIG": "1"}


def indexes(home, **environ):
    return package_indexes(ModelSettings(Path("state"), Path("cache"), home, environ))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, (PYPI,)),
        ({"UV_INDEX_URL": "https://u/simple/"}, ("https://u/simple",)),
        ({"UV_DEFAULT_INDEX": "https://u/simple"}, ("https://u/simple",)),
        ({"UV_DEFAULT_INDEX": "work=https://u/simple?a=b"}, ("https://u/simple?a=b",)),
        ({"PIP_INDEX_URL": "https://p/simple"}, ("https://p/simple",)),
        ({"UV_INDEX_URL": "https://u", "PIP_INDEX_URL": "https://p"}, ("https://u", "https://p")),
        ({"PIP_EXTRA_INDEX_URL": "https://a https://b"}, (PYPI, "https://a", "https://b")),
        ({"UV_INDEX": "x=https://a", "UV_INDEX_URL": "https://u"}, ("https://u", "https://a")),
        ({"PIP_NO_INDEX": "1"}, ()),
        ({"UV_OFFLINE": "true"}, ()),
    ],
)
def test_the_environment_chooses(tmp_path, environ, expected):
    """Every index that uv or pip is told of counts; PyPI only where none is the main one."""
    assert indexes(tmp_path, **NOTHING, **environ) == expected


def test_pips_files_choose(tmp_path):
    """The user's pip.conf is read, and the environment's file comes after it."""
    conf = tmp_path / ".config" / "pip" / "pip.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("[global]\nindex-url = https://user/simple\nextra_index_url = https://more/simple\n")
    assert indexes(tmp_path)[:2] == ("https://user/simple", "https://more/simple")
    other = tmp_path / "other.conf"
    other.write_text("[download]\nindex-url = https://other/simple\n")
    assert indexes(tmp_path, PIP_CONFIG_FILE=str(other))[0] == "https://other/simple"


def test_uvs_file_chooses(tmp_path):
    """uv.toml's index-url and [[index]] tables are read."""
    conf = tmp_path / ".config" / "uv" / "uv.toml"
    conf.parent.mkdir(parents=True)
    conf.write_text('index-url = "https://one/simple"\n[[index]]\nname = "two"\nurl = "https://two/simple"\n')
    assert indexes(tmp_path, PIP_CONFIG_FILE="/dev/null") == ("https://one/simple", "https://two/simple")
