"""Data sets in the layouts in which they are published."""

import pytest

from sightline.chassis.errors import InvalidInput, NotFound
from sightline.cli.datasets import parsed_where, read_dataset


def write(folder, **files):
    """Files with some content, by path with `__` for a slash."""
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def test_a_manifest_gives_pictures_labels_and_boxes(tmp_path):
    """Any column is a label; a box says which face is meant, so one file may show two people."""
    write(tmp_path, a_dot_jpg="a", b_dot_jpg="b")
    (tmp_path / "set.csv").write_text(
        "path,identity,region,left,top,width,height\n"
        "a.jpg,ann,north,1,2,3,4\na.jpg,ben,south,9,2,3,4\nb.jpg,ann,north,,,,\nb.jpg,,north,,,,\n"
    )
    dataset = read_dataset(tmp_path / "set.csv")
    assert [(each.person, each.labels["region"], each.box) for each in dataset.pictures] == [
        ("ann", "north", (1, 2, 3, 4)),
        ("ben", "south", (9, 2, 3, 4)),
        ("ann", "north", None),
    ]
    assert len({each.key for each in dataset.pictures}) == 3
    assert dataset.unlabelled == 1


def test_rows_are_chosen_by_the_values_of_columns(tmp_path):
    """`--where category=portrait` leaves all others out."""
    write(tmp_path, a_dot_jpg="a", b_dot_jpg="b")
    (tmp_path / "set.csv").write_text("path,identity,category\na.jpg,ann,portrait\nb.jpg,ben,group\n")
    chosen = read_dataset(tmp_path / "set.csv", parsed_where(["category=portrait"]))
    assert [each.person for each in chosen.pictures] == ["ann"]
    with pytest.raises(InvalidInput, match="COLUMN_MISSING"):
        read_dataset(tmp_path / "set.csv", {"colour": "red"})
    with pytest.raises(InvalidInput, match="CONDITION_INVALID"):
        parsed_where(["category"])


def test_templates_of_the_ijb_sets_are_read(tmp_path):
    """Their own names of columns: several pictures are one template, each with a box."""
    write(tmp_path, img__1_dot_jpg="1", img__2_dot_jpg="2")
    (tmp_path / "templates.csv").write_text(
        "TEMPLATE_ID,SUBJECT_ID,FILENAME,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT\n"
        "7,100,img/1.jpg,1,1,50,50\n7,100,img/2.jpg,2,2,50,50\n"
    )
    first, second = read_dataset(tmp_path / "templates.csv").pictures
    assert (first.person, first.template, first.box) == ("100", "7", (1, 1, 50, 50))
    assert second.template == first.template


def test_lfw_s_pairs_are_read_with_their_folds(tmp_path):
    """Two folds of one pair of one person, and one of two."""
    for person in ("Ann_A", "Ben_B"):
        for number in (1, 2):
            write(tmp_path, **{f"{person}/{person}_000{number}_dot_jpg": f"{person}{number}"})
    lines = ["2\t1", "Ann_A\t1\t2", "Ann_A\t1\tBen_B\t1", "Ben_B\t1\t2", "Ben_B\t2\tAnn_A\t2"]
    (tmp_path / "pairs.txt").write_text("\n".join(lines))
    dataset = read_dataset(tmp_path / "pairs.txt")
    assert len(dataset.pictures) == 4
    assert [(pair.same, pair.fold) for pair in dataset.pairs] == [(True, 0), (False, 0), (True, 1), (False, 1)]
    (tmp_path / "pairs.txt").write_text("\n".join([*lines[:-1], "Ben_B\t9\tAnn_A\t2"]))
    with pytest.raises(InvalidInput, match="PAIRS_INVALID"):
        read_dataset(tmp_path)


def test_what_is_wrong_with_lfw_s_list_is_said_with_the_line(tmp_path):
    """Pictures that are not there, a list beside the wrong folder, lines that are cut off: each with what to do."""
    write(tmp_path, Ann_A__Ann_A_0001_dot_jpg="1", Ann_A__Ann_A_0002_dot_jpg="2", Ben_B__Ben_B_0001_dot_jpg="3")
    for text, said in (
        ("1\t1\nAnn_A\t1\t2\nAnn_A\t1\tBen_B\t7\n", r"line 3 names Ben_B/Ben_B_0007.*put LFW's folders of people"),
        ("1\t1\nAnn_A\t1\t2\nAnn_A\t1\tCid_C\t1\n", r"line 3 names Cid_C/Cid_C_0001"),
        ("1\t1\nAnn_A\t1\ttwo\nAnn_A\t1\tBen_B\t1\n", r"line 2: 'two' is no number"),
        ("1\t1\nAnn_A\t1\t2\nAnn_A\t1\n", r"line 3, 'Ann_A 1', names no pair"),
        ("10\t300\nAnn_A\t1\t2\n", r"10 folds of 2 x 300 pairs are not 1 lines; fetch it again"),
        ("Ann_A\t1\t2\n", r"first line is the number of folds"),
        ("", r"first line is the number of folds"),
    ):
        (tmp_path / "pairs.txt").write_text(text)
        with pytest.raises(InvalidInput, match=f"PAIRS_INVALID.*{said}"):
            read_dataset(tmp_path)
    elsewhere = tmp_path / "above"
    elsewhere.mkdir()
    (elsewhere / "pairs.txt").write_text("1\t1\nAnn_A\t1\t2\nAnn_A\t1\tBen_B\t1\n")
    with pytest.raises(InvalidInput, match=r"LABELS_MISSING.*one folder for each person"):
        read_dataset(elsewhere / "pairs.txt")
    (tmp_path / "pairsDevTest.csv").write_text("path_a,path_b,same\nAnn_A/Ann_A_0001.jpg,Ben_B/absent.jpg,0\n")
    (tmp_path / "pairs.txt").unlink()
    with pytest.raises(InvalidInput, match=r"PAIRS_INVALID.*row 1: the data set does not have Ben_B/absent\.jpg"):
        read_dataset(tmp_path, None, tmp_path / "pairsDevTest.csv")
    (tmp_path / "pairsDevTest.csv").write_text("path_a,path_b,same\na.jpg,b.jpg,yes\n")
    with pytest.raises(InvalidInput, match=r"PAIRS_INVALID.*same is 1 or 0"):
        read_dataset(tmp_path, None, tmp_path / "pairsDevTest.csv")


IJB_A = "protocols/IJB-A_11_sets/split1/verify_metadata_1.csv"
IJB_C = "protocols/archive/ijbc_1N_gallery_G1.csv"


@pytest.mark.parametrize(
    ("listed", "folder", "column"), [(IJB_A, "", "FILE"), (IJB_C, "images", "FILENAME")], ids=["IJB-A", "IJB-C"]
)
def test_the_lists_of_the_ijb_sets_are_read_where_they_lie(tmp_path, listed, folder, column):
    """Below `protocols`, with paths relative to the set's folder, or to `images` in it; what is missing is counted."""
    pictures = tmp_path / folder
    for name in ("img/1.jpg", "frames/28065_00000.png"):
        (pictures / name).parent.mkdir(parents=True, exist_ok=True)
        (pictures / name).write_text(name)
    (tmp_path / listed).parent.mkdir(parents=True)
    rows = [
        f"TEMPLATE_ID,SUBJECT_ID,{column},MEDIA_ID,SIGHTING_ID,FRAME,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT",
        "1,100,img/1.jpg,5,9,,10,20,50,60",
        "1,100,frames/28065_00000.png,6,9,0,1,2,30,40",
    ]
    (tmp_path / listed).write_text("\n".join(rows))
    first, second = read_dataset(tmp_path / listed).pictures
    assert (first.path, first.person, first.template, first.box) == (
        *(pictures / "img/1.jpg", "100", "1"),
        (10, 20, 50, 60),
    )
    assert (second.template, second.box) == ("1", (1, 2, 30, 40))
    (tmp_path / listed).write_text("\n".join([*rows, "2,101,img/2.jpg,7,9,,1,2,3,4", "2,101,img/3.jpg,7,9,,1,2,3,4"]))
    with pytest.raises(NotFound, match=r"FILE_NOT_FOUND.*2 of 4 files.*first is .*img/2\.jpg.*`images`"):
        read_dataset(tmp_path / listed)


def test_pairs_of_one_s_own_are_compared_too(tmp_path):
    """A list beside the manifest, with paths as there."""
    write(tmp_path, a_dot_jpg="a", b_dot_jpg="b")
    (tmp_path / "set.csv").write_text("path,identity\na.jpg,ann\nb.jpg,ben\n")
    (tmp_path / "pairs.csv").write_text("path_a,path_b,same,fold\na.jpg,b.jpg,0,3\n")
    (pair,) = read_dataset(tmp_path / "set.csv", None, tmp_path / "pairs.csv").pairs
    assert (pair.same, pair.fold) == (False, 3)
    (tmp_path / "pairs.csv").write_text("one,other\na.jpg,b.jpg\n")
    with pytest.raises(InvalidInput, match="PAIRS_INVALID"):
        read_dataset(tmp_path / "set.csv", None, tmp_path / "pairs.csv")


def test_a_list_that_cannot_be_right_is_refused(tmp_path):
    """Pictures that are not there, faces of two people, columns that are missing, boxes that are none."""
    with pytest.raises(NotFound, match="FILE_NOT_FOUND"):
        read_dataset(tmp_path / "absent.csv")
    write(tmp_path, a_dot_jpg="a")
    for text, reason in (
        ("path,identity\nabsent.jpg,ann\n", "FILE_NOT_FOUND"),
        ("path,identity\na.jpg,ann\na.jpg,ben\n", "LABELS_CONTRADICT"),
        ("file_name,who\na.jpg,ann\n", "COLUMN_MISSING"),
        ("path,identity\na.jpg,\n", "LABELS_MISSING"),
        ("path,identity,left,top,width,height\na.jpg,ann,1,2,x,4\n", "BOX_INVALID"),
    ):
        (tmp_path / "set.csv").write_text(text)
        with pytest.raises((InvalidInput, NotFound), match=reason):
            read_dataset(tmp_path / "set.csv")
