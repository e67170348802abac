"""Backups in a bucket of an S3-compatible store, by obstore."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic_settings import BaseSettings, SettingsConfigDict

from sightline.chassis.errors import FailedPrecondition, NotFound, Unavailable
from sightline.chassis.s3_credentials import read_credentials
from sightline.cli.backup.places import PIECE, Place

if TYPE_CHECKING:
    from obstore.store import ClientConfig


class S3Settings(BaseSettings):
    """The same as those by which ingest reads stored video."""

    model_config = SettingsConfigDict(env_prefix="SIGHTLINE_", env_ignore_empty=True, frozen=True, extra="ignore")

    s3_endpoint: str = ""
    """`https://host[:port]`."""
    s3_region: str = "us-east-1"
    s3_credentials_file: Path | None = None
    """As `aws configure` writes it, closed to others."""
    s3_ca_file: Path | None = None
    """PEM of those who vouch for the store's certificate; None: the system's authorities."""


def open_bucket(bucket: str, prefix: str, settings: S3Settings | None = None) -> Place:
    """Open a bucket with the store and the credentials of the environment.

    Raises:
        FailedPrecondition: S3_NOT_INSTALLED, S3_NOT_CONFIGURED, S3_CREDENTIALS_INVALID.
    """
    if find_spec("obstore") is None:
        raise FailedPrecondition("S3_NOT_INSTALLED", "s3:// needs an extra: install sightline-cli[s3].")
    chosen = settings or S3Settings()
    if not chosen.s3_endpoint or chosen.s3_credentials_file is None:
        raise FailedPrecondition(
            "S3_NOT_CONFIGURED", "s3:// needs SIGHTLINE_S3_ENDPOINT and SIGHTLINE_S3_CREDENTIALS_FILE: set both."
        )
    return BucketPlace(chosen, bucket, prefix)


class BucketPlace:
    """A Place under a prefix of a bucket. Large files go in parts, of which a store that is left shows nothing."""

    def __init__(self, settings: S3Settings, bucket: str, prefix: str) -> None:
        from obstore.store import S3Store  # noqa: PLC0415 - an extra

        who = read_credentials(settings.s3_credentials_file or Path())
        options: ClientConfig = {"allow_http": settings.s3_endpoint.startswith("http://")}
        if settings.s3_ca_file:
            options["root_certificate"] = settings.s3_ca_file.read_bytes()
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            endpoint=settings.s3_endpoint.rstrip("/"),
            region=settings.s3_region,
            access_key_id=who.key_id,
            secret_access_key=who.secret,
            session_token=who.session_token,
            virtual_hosted_style_request=False,
            client_options=options,
        )
        self._called = f"s3://{bucket}/{prefix}"

    async def put(self, path: str, pieces: AsyncIterator[bytes]) -> None:
        """See Place."""
        import obstore  # noqa: PLC0415 - an extra

        with self._answering():
            await obstore.put_async(self._store, path, _checked(pieces))

    async def get(self, path: str) -> AsyncGenerator[bytes, None]:
        """See Place."""
        import obstore  # noqa: PLC0415 - an extra

        with self._answering():
            answer = await obstore.get_async(self._store, path)
            async for piece in answer.stream(min_chunk_size=PIECE):
                yield bytes(piece)

    async def paths(self) -> list[str]:
        """See Place."""
        import obstore  # noqa: PLC0415 - an extra

        with self._answering():
            return sorted([each["path"] async for batch in obstore.list(self._store) for each in batch])

    async def remove(self, path: str) -> None:
        """See Place."""
        import obstore  # noqa: PLC0415 - an extra

        with self._answering():
            await obstore.delete_async(self._store, path)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Say what the store says; its own texts are not repeated, for URLs in them may be signed."""
        from obstore import exceptions  # noqa: PLC0415 - an extra

        try:
            yield
        except (exceptions.NotFoundError, FileNotFoundError):
            raise NotFound(
                "BACKUP_FILE_MISSING", f"There is no such bucket or file at {self._called}: check what it is called."
            ) from None
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError):
            raise FailedPrecondition(
                "BACKUP_PLACE_REFUSED", f"The store refuses {self._called}: check its credentials and what they allow."
            ) from None
        except exceptions.BaseError as error:
            raise Unavailable(
                "S3_UNAVAILABLE", f"The object store does not do it ({type(error).__name__}): is it up and well?"
            ) from None


async def _checked(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    async for piece in pieces:
        yield piece
