"""Labelled folders, and the templates that are kept while they are read."""

import stat

import numpy as np
import pytest

from sightline.chassis.errors import InvalidInput
from sightline.cli.labelled import by_person, dataset_hash, read_folder
from sightline.cli.template_cache import open_cache


@pytest.fixture
def folder(tmp_path):
    """A function that writes pictures, by person and name."""

    def write(name, **people):
        for person, pictures in people.items():
            (tmp_path / name / person).mkdir(parents=True)
            for number, content in enumerate(pictures):
                (tmp_path / name / person / f"{number}.jpg").write_text(content)
        return tmp_path / name

    return write


def test_a_folder_is_a_person_and_a_file_counts_once(folder):
    """Pictures belong to the person whose folder they lie in; copies and hidden files are passed over."""
    made = folder("set", ann=["a", "b", "a"], ben=["c"])
    (made / "ann" / ".hidden").write_text("x")
    people = by_person(read_folder(made))
    assert {person: len(pictures) for person, pictures in people.items()} == {"ann": 2, "ben": 1}


def test_what_cannot_be_right_is_refused(folder, tmp_path):
    """One file under two people, or no people at all, would be a wrong measurement."""
    with pytest.raises(InvalidInput, match="LABELS_CONTRADICT"):
        read_folder(folder("set", ann=["a"], ben=["a"]))
    with pytest.raises(InvalidInput, match="LABELS_MISSING"):
        read_folder(tmp_path / "absent")


def test_the_hash_of_a_data_set_knows_no_names(folder):
    """Other names of people and files are the same set; a picture that moves to somebody else is another one."""

    def hash_of(made):
        return dataset_hash(by_person(read_folder(made)).values())

    first = hash_of(folder("first", ann=["a", "b"], ben=["c"]))
    assert hash_of(folder("second", x=["c"], y=["b", "a"])) == first
    assert hash_of(folder("third", ann=["a"], ben=["c", "b"])) != first


def test_templates_are_kept_for_their_models_and_deleted_at_the_end(tmp_path):
    """After an interruption they are there, for these models alone and this user alone; after success they are not."""
    path = tmp_path / "cache"
    vector = np.array([0.6, 0.8], np.float32)

    def interrupted() -> None:
        with open_cache(path, "models") as cache:
            cache.put("a", vector)
            cache.put("b", None, "NO_FACE")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with open_cache(path, "models") as cache:
        assert cache.vectors()["a"].tolist() == vector.tolist()
        assert cache.problems() == {"b": "NO_FACE"}
        with open_cache(tmp_path / "other", "others") as other:
            assert other.vectors() == {}
    assert not path.exists()
