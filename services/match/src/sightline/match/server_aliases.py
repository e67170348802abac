"""Which collections of a Qdrant server are an embedder's index: each has an alias, one for each space of vectors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qdrant_client import models

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qdrant_client import AsyncQdrantClient

_SPACE = re.compile(r"(?:_([0-9a-f]{16}))?")


class ServerAliases:
    """Every method raises what the client does.

    Args:
        client: of the server.
        base: of the aliases' names; the name of the space follows, where there is one.
    """

    def __init__(self, client: AsyncQdrantClient, base: str) -> None:
        self._client = client
        self.base = base

    def name(self, space_id: str) -> str:
        """The alias of the collection in that space."""
        return f"{self.base}_{space_id}" if space_id else self.base

    async def collections(self) -> dict[str, str]:
        """The collections that answer, by the names of their spaces."""
        found: dict[str, str] = {}
        for each in (await self._client.get_aliases()).aliases:
            rest = each.alias_name.removeprefix(self.base)
            if each.alias_name.startswith(self.base) and (space := _SPACE.fullmatch(rest)):
                found[space[1] or ""] = each.collection_name
        return found

    async def point(self, space_id: str, collection: str) -> None:
        """Gives the space's alias to a collection, in one step, and removes the one that had it."""
        before = (await self.collections()).get(space_id)
        steps: list[models.DeleteAliasOperation | models.CreateAliasOperation] = []
        if before is not None:
            steps.append(models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=self.name(space_id))))
        create = models.CreateAlias(collection_name=collection, alias_name=self.name(space_id))
        steps.append(models.CreateAliasOperation(create_alias=create))
        await self._client.update_collection_aliases(steps)
        if before is not None:
            await self._client.delete_collection(before)

    async def sweep(self, spaces: Sequence[str]) -> list[str]:
        """Removes collections in other spaces than these, whose secrets are gone, and says in which they were."""
        useless = {space: name for space, name in (await self.collections()).items() if space not in spaces}
        for collection in useless.values():
            await self._client.delete_collection(collection)
        return list(useless)
