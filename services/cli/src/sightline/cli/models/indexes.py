"""Which Python package indexes this machine uses, and whose certificates it trusts, as pip and uv are told.

The archives are fetched by their pinned hash and never handed to pip: `pip download` would run an sdist's
setup.py to learn its metadata, uv has no such command, and neither may be present in an environment.
"""

import configparser
import ssl
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from sightline.chassis.errors import FailedPrecondition
from sightline.cli.models.settings import ModelSettings

PYPI = "https://pypi.org/simple"
SECTIONS = ("global", "download", "install")


def package_indexes(settings: ModelSettings) -> tuple[str, ...]:
    """Addresses of simple indexes, in the order in which they are asked; none where the user forbids them.

    Every index that is configured counts; PyPI only where none is set as the main one. The order carries no
    trust, since an archive is accepted by its hash alone.

    Raises:
        FailedPrecondition: INDEX_SETTINGS_INVALID when a settings file of pip or uv cannot be read.
    """
    environ = settings.environ
    if any(_is_set(environ, name) for name in ("PIP_NO_INDEX", "UV_NO_INDEX", "UV_OFFLINE")):
        return ()
    uv, pip = _uv_file(settings), _pip_file(settings)
    main = [environ.get(name, "") for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")]
    main += [*_uv_main(uv), pip.get("index-url", "")]
    names = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL")
    extra = " ".join([*(environ.get(name, "") for name in names), pip.get("extra-index-url", "")]).split()
    extra += [str(url) for url in uv.get("extra-index-url", [])]
    found = [_address(url) for url in (main if any(main) else [PYPI]) + extra if url]
    return tuple(dict.fromkeys(found))


def trusted_certificates(settings: ModelSettings) -> ssl.SSLContext:
    """The system's authorities and httpx's (SSL_CERT_FILE counts), and those that pip is told to trust."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    told = [settings.environ.get(name, "") for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE")]
    for file in (*told, _pip_file(settings).get("cert", "")):
        if file and Path(file).is_file():
            context.load_verify_locations(file)
    return context


def _is_set(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() in {"1", "true", "yes", "on", "t", "y"}


def _address(url: str) -> str:
    """An index without uv's `name=` before it and without a slash behind it."""
    scheme = url.find("://")
    equals = url.find("=")
    return url[equals + 1 if 0 < equals < scheme else 0 :].rstrip("/")


def _pip_file(settings: ModelSettings) -> dict[str, str]:
    """The settings of pip's files, the most particular file last, as pip merges them."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(_pip_paths(settings), encoding="utf-8")
    except configparser.Error as error:
        raise FailedPrecondition("INDEX_SETTINGS_INVALID", f"pip's settings cannot be read: {error}") from error
    merged: dict[str, str] = {}
    for section in SECTIONS:
        if parser.has_section(section):
            merged |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    return merged


def _pip_paths(settings: ModelSettings) -> list[Path]:
    named = settings.environ.get("PIP_CONFIG_FILE")
    if named == "/dev/null":  # pip's own way to say: no file at all
        return []
    home = settings.home
    config = Path(settings.environ.get("XDG_CONFIG_HOME") or home / ".config")
    paths = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf")]
    paths += [
        home / "Library/Application Support/pip/pip.conf",
        home / ".pip/pip.conf",
        config / "pip/pip.conf",
    ]
    return [*paths, Path(sys.prefix, "pip.conf"), *([Path(named)] if named else [])]


def _uv_file(settings: ModelSettings) -> dict[str, Any]:
    environ = settings.environ
    if _is_set(environ, "UV_NO_CONFIG"):
        return {}
    config = Path(environ.get("XDG_CONFIG_HOME") or settings.home / ".config")
    named = environ.get("UV_CONFIG_FILE")
    paths = [Path(named)] if named else [config / "uv/uv.toml", Path("/etc/uv/uv.toml")]
    path = next((path for path in paths if path.is_file()), None)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path else {}
    except tomllib.TOMLDecodeError as error:
        raise FailedPrecondition("INDEX_SETTINGS_INVALID", f"{path} cannot be read: {error}") from error


def _uv_main(uv: dict[str, Any]) -> Iterator[str]:
    if "index-url" in uv:
        yield str(uv["index-url"])
    tables = uv.get("index", [])
    for table in tables if isinstance(tables, list) else []:
        yield str(table["url"])
