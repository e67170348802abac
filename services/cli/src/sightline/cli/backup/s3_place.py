"""Backups in a bucket of an S3-compatible store, by obstore."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound, Unavailable
from sightline.chassis.s3_credentials import read_credentials
from sightline.chassis.s3_settings import S3Settings
from sightline.chassis.s3_store import S3Access
from sightline.cli.backup.places import PIECE, Place

if TYPE_CHECKING:
    from obstore.store import ClientConfig


class _Environment(BaseSettings, S3Settings):
    model_config = SettingsConfigDict(env_prefix="SIGHTLINE_", env_ignore_empty=True, frozen=True, extra="ignore")


def open_bucket(bucket: str, prefix: str, access: S3Access | None = None) -> Place:
    """Open a bucket with the store and the credentials of the environment, as ingest reads stored video from it.

    Raises:
        FailedPrecondition: S3_NOT_INSTALLED, S3_NOT_CONFIGURED, S3_CREDENTIALS_INVALID.
        InvalidInput: S3_SETTINGS_INVALID.
    """
    if find_spec("obstore") is None:
        raise FailedPrecondition("S3_NOT_INSTALLED", "s3:// needs an extra: install sightline-cli[s3].")
    chosen = access or _access_of_environment()
    if not chosen.endpoint or chosen.credentials_file is None:
        raise FailedPrecondition(
            "S3_NOT_CONFIGURED", "s3:// needs SIGHTLINE_S3_ENDPOINT and SIGHTLINE_S3_CREDENTIALS_FILE: set both."
        )
    return BucketPlace(chosen, bucket, prefix)


def _access_of_environment() -> S3Access:
    try:
        return _Environment().s3_access
    except (ValidationError, SettingsError) as error:
        wrong = error.errors() if isinstance(error, ValidationError) else [{"loc": ("s3_buckets",)}]
        names = ", ".join(f"SIGHTLINE_{str(each['loc'][0]).upper()}" for each in wrong)
        message = f"{names}: this value cannot be used; services/README.md says what it has to be."
        raise InvalidInput("S3_SETTINGS_INVALID", message) from None


class BucketPlace:
    """A Place under a prefix of a bucket. Large files go in parts, of which a store that is left shows nothing."""

    def __init__(self, access: S3Access, bucket: str, prefix: str) -> None:
        from obstore.store import S3Store  # noqa: PLC0415 - an extra

        who = read_credentials(access.credentials_file or Path())
        options: ClientConfig = {"allow_http": access.endpoint.startswith("http://")}
        if access.ca_file:
            options["root_certificate"] = access.ca_file.read_bytes()
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            endpoint=access.endpoint.rstrip("/"),
            region=access.region,
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
