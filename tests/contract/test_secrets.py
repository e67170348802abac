"""No secret is in the repository, none is built in, and without secrets nothing starts."""

import re
import subprocess
import time
from base64 import urlsafe_b64encode
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings
from fakes import PACK_TOML
from processes import start
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from sightline.chassis.identity.api_key import PATTERN, new_key

ROOT = Path(__file__).parents[2]
SERVICES = ("ingest", "detect", "embed", "match", "notify", "gateway")
NO_SECRETS_SECONDS = 60.0  # all of them start at once, and a busy machine is slow
# detect-secrets' own, but for those that would let a comment in the file or a file's name hide a secret. None of them
# asks a server whether a find is valid.
FILTERS = (
    *("is_sequential_string", "is_potential_uuid", "is_likely_id_string", "is_templated_secret"),
    *("is_prefixed_with_dollar_sign", "is_indirect_reference", "is_not_alphanumeric_string"),
)
# The search takes 45 s of processor time.
pytestmark = pytest.mark.timeout(900)

OWN_PATTERNS = {"API key": PATTERN, "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]")}


@dataclass(frozen=True)
class Find:
    """What looks like a secret: where, of what kind, and its text."""

    path: str
    kind: str
    text: str


@dataclass(frozen=True)
class Allowed:
    """What looks like a secret and is none: files as a shell's pattern, the whole text as a regular expression."""

    files: str
    text: str
    reason: str

    def covers(self, find: Find) -> bool:
        return fnmatch(find.path, self.files) and re.fullmatch(self.text, find.text) is not None


ALLOWED = (
    Allowed("*models.toml", r"[0-9a-f]{64}", "SHA-256 of a public model file"),
    Allowed("deploy/supply/licences.toml", r"BSD-3-Clause", "the licence of a package with such a name"),
    Allowed("k8s/*.yaml", r"sightline-secrets|[a-z]+-tls}?", "the name of a Secret that its owner makes"),
    Allowed("tests/fuzz/test_texts.py", r"password", "of nobody: a word for URLs to be made of"),
    Allowed("docker-compose.yml", r"secrets:/var/lib/sightline/secrets:ro", "where a volume is mounted"),
    Allowed("*nats*", r"it belongs", "a sentence about a port that has no password"),
    Allowed(
        "tests/*/ingest/*.py",
        r"hunter2(-correct)?|hunter%32|p%3A%2F%3F%23%25|pass",
        "of a camera that does not exist: tests look for it in logs",
    ),
    Allowed("tests/unit/chassis/test_s3_store.py", r"pass", "of nobody: in a URL that is refused"),
    Allowed("tests/integration/cli/test_cameras_command.py", r"hunter2(-correct)?", "as above"),
    Allowed("services/*/ids.py", r"[a-z]{26}234567", "an alphabet"),
    Allowed("services/*/face_ids.py", r"[a-z]{26}234567", "an alphabet"),
    Allowed("protos/gen/*/comments.json", r"[A-Z][^=]* .*", "a sentence about keys"),
    Allowed("tests/evaluation/figures/*.json", r"[0-9a-f]{64}", "SHA-256 of a dataset"),
    Allowed("tests/unit/cli/test_models_download.py", r"hunter2", "of a mirror that does not exist, as above"),
    Allowed("tests/unit/cli/test_up.py", r"of-whoever-types-here", "no key: the test looks for it in processes"),
    Allowed("tests/unit/notify/test_webhook_url.py", r"of-nobody", "of no receiver: the test looks for it in errors"),
    Allowed("tests/unit/chassis/identity/test_api_key.py", r"[a-z]{26}234567", "an alphabet"),
    Allowed(
        "tests/unit/chassis/test_key_file.py", r"[0-9a-f]{16}", "the public name of a key that the test itself makes"
    ),
    Allowed("tests/unit/gateway/test_sigv4.py", r"[0-9a-f]{64}|the API key", "AWS's published example; of nobody"),
    Allowed("tests/integration/gateway/test_aws_keys.py", r"mine", "of nobody: what is refused"),
    Allowed("tests/integration/chassis/gate/test_gate.py", r"eyJhbGciOiJub25lIn0\.[\w.]*", "a token of nobody"),
)


def finds(root: Path, paths: list[str]) -> list[Find]:
    """Everything in these files that looks like a secret."""
    plugins = [{"name": plugin.__name__} for plugin in get_mapping_from_secret_type_to_class().values()]
    filters = [{"path": f"detect_secrets.filters.heuristic.{name}"} for name in FILTERS]
    found = []
    with transient_settings({"plugins_used": plugins, "filters_used": filters}):
        for path in paths:
            # Thousands of hashes, which uv writes; what is ours is looked for in it all the same.
            if path != "uv.lock":
                found += [Find(path, each.type, each.secret_value) for each in scan_file(str(root / path))]
            text = (root / path).read_text(encoding="utf-8", errors="replace")
            found += [Find(path, kind, hit[0]) for kind, form in OWN_PATTERNS.items() for hit in form.finditer(text)]
    return found


@pytest.fixture(scope="module")
def committed():
    """What looks like a secret in the files that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [path for path in listed.split("\0") if path and (ROOT / path).is_file()]
    assert len(paths) > 300
    return finds(ROOT, paths)


def test_no_secrets_are_committed(committed):
    """Every tracked file is free of keys, tokens and passwords; what only looks like one is listed with a reason."""
    open_finds = [(find.path, find.kind) for find in committed if not any(each.covers(find) for each in ALLOWED)]
    assert not open_finds


def test_every_exception_from_the_search_for_secrets_is_needed(committed):
    """An exception that covers nothing any more goes, before it covers something new."""
    assert not [each for each in ALLOWED if not any(each.covers(find) for find in committed)]


def planted() -> dict[str, str]:
    """Files with a secret each, made now: none of them may stand in a file of ours."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    parts = (b'{"alg":"EdDSA"}', b'{"sub":"service:match"}', b"signature")
    token = ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    cloud, words = "AKIA", ("Tr0ub4dor", "and", "3", "horses")
    return {
        "key.md": f"Log in with {new_key().text}, as ever.\n",
        "key.py": f"# pragma: allowlist secret\nKEY = '{new_key().text}'  # pragma: allowlist secret\n",
        "service.pem": pem,
        "settings.py": f'PASSWORD = "{"-".join(words)}"\n',
        "compose.yml": f"environment:\n  QDRANT_API_KEY: {'x'.join(words)}\n",
        "camera.toml": f'url = "rtsp://user:{"".join(words)}@10.0.0.7/stream"\n',
        "cloud.env": f"AWS_ACCESS_KEY_ID={cloud}Q3EGRSTUVWX2YZ47\n",
        "token.json": f'{{"access": "{token}"}}\n',
    }


@pytest.mark.parametrize("name", planted())
def test_planted_secrets_are_found(tmp_path, name):
    """The search finds keys of ours and of others, passwords and tokens, and no exception hides them."""
    (tmp_path / name).write_text(planted()[name])
    found = finds(tmp_path, [name])
    assert found
    assert not any(each.covers(find) for each in ALLOWED for find in found)


def test_text_without_secrets_is_passed():
    """What merely speaks of keys is no find: the search has to be one that people leave on."""
    assert not finds(ROOT, ["README.md", "CONTRIBUTING.md", "protos/sightline/v1/access_service.proto"])


def settings_classes() -> list[type[BaseSettings]]:
    """Every class in the workspace that reads the environment."""
    for service in SERVICES:
        import_module(f"sightline.{service}.settings")
    import_module("sightline.cli.app")
    found, waiting = [], [BaseSettings]
    while waiting:
        waiting += (below := waiting.pop().__subclasses__())
        found += [each for each in below if each.__module__.startswith("sightline.")]
    return found


def test_no_settings_have_default_secrets():
    """Where a setting is a secret, its default is nothing; where it names a file of secrets, we ship no such file."""
    classes = settings_classes()
    assert len(classes) > len(SERVICES)
    fields = [(each, name, field) for each in classes for name, field in each.model_fields.items()]
    secret = [(each, name, field.default) for each, name, field in fields if isinstance(field.default, SecretStr)]
    secret += [(each, name, field.default) for each, name, field in fields if re.search("token|password|key$", name)]
    assert secret
    assert not [(each, name) for each, name, default in secret if default not in {"", None, SecretStr("")}]
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    paths = [field.default for _, name, field in fields if isinstance(field.default, Path) and "secret" in name]
    assert paths
    assert not [path for path in paths if path.is_absolute() or any(Path(one).is_relative_to(path) for one in tracked)]


def test_without_secrets_no_service_starts(tmp_path):
    """Each service as a process: without its secrets it ends with code 1 and one line that says how to make them."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "pack.toml").write_text(PACK_TOML)
    env = {"SIGHTLINE_SECRETS_DIR": str(tmp_path / "none"), "SIGHTLINE_PACK_DIR": str(tmp_path / "pack")}
    with ExitStack() as stack:
        begin = time.monotonic()
        running = {
            name: stack.enter_context(start(f"sightline.{name}", env, tmp_path / f"{name}.log")) for name in SERVICES
        }
        ended = {name: service.wait_ended(NO_SECRETS_SECONDS) for name, service in running.items()}
        assert time.monotonic() - begin < NO_SECRETS_SECONDS
    assert ended == dict.fromkeys(SERVICES, 1)
    for name in SERVICES:
        lines = (tmp_path / f"{name}.log").read_text().splitlines()
        (line,) = [line for line in lines if "service_failed" in line]
        assert "SECRETS_MISSING" in line
        assert "sightline init" in line
        assert not [line for line in lines if "Traceback" in line]
