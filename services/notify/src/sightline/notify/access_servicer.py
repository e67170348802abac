"""AccessService: protobuf in and out, and every change of rights in the audit trail."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from sightline.chassis.audit import Audited
from sightline.chassis.pages import from_token, page_size, to_token
from sightline.chassis.principal import current_principal, current_reach
from sightline.notify.api_keys import Order
from sightline.notify.grant_text import in_words
from sightline.notify.subjects import Who
from sightline.v1 import access_service_pb2 as pb
from sightline.v1 import access_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.timestamp_pb2 import Timestamp

    from sightline.chassis.audit import Auditor
    from sightline.notify.api_keys import ApiKeys
    from sightline.notify.subjects import Subjects

DEFAULT_OVERLAP = timedelta(hours=24)
REFUSED_DETAIL = 1000
"""Characters that the audit trail keeps of grants that were refused; those that were made are told in full."""


class AccessServicer(grpc_pb.AccessServiceServicer):
    """Serves AccessService; the gate has looked who asks, and whether the subject or key that is named is theirs."""

    def __init__(self, subjects: Subjects, keys: ApiKeys, auditor: Auditor) -> None:
        self._subjects = subjects
        self._keys = keys
        self._auditor = auditor

    async def WhoAmI(self, _request: pb.WhoAmIRequest, _: Any) -> pb.WhoAmIResponse:
        """See the contract."""
        caller = current_principal()
        known = self._subjects.find(caller.subject)
        answer = pb.WhoAmIResponse(
            subject_id=caller.subject,
            handle=known.handle if known else "",
            credential_kind=caller.credential,
            credential_id=caller.credential_id,
            grants=caller.rights.grants(),
        )
        if caller.expires is not None:
            answer.expire_time.FromMilliseconds(int(caller.expires * 1000))
        return answer

    async def SetGrants(self, request: pb.SetGrantsRequest, _: Any) -> pb.SetGrantsResponse:
        """See the contract."""
        who = _who(request)
        async with self._auditor.audit(Audited("access.set_grants", "subject", who.id, request.purpose)) as audited:
            asked = _state(request.grants, disabled=request.disabled)
            audited.detail = asked[:REFUSED_DETAIL]
            change = await self._subjects.set_grants(who, request.grants, disabled=request.disabled, etag=request.etag)
            was = _state(change.before.grants, disabled=change.before.disabled)
            audited.detail = f"{asked}; was: {was}"
        return pb.SetGrantsResponse(subject=change.after)

    async def GetSubject(self, request: pb.GetSubjectRequest, _: Any) -> pb.GetSubjectResponse:
        """See the contract."""
        return pb.GetSubjectResponse(subject=self._subjects.get(request.subject))

    async def ListSubjects(self, request: pb.ListSubjectsRequest, _: Any) -> pb.ListSubjectsResponse:
        """See the contract."""
        size = page_size(request.page_size)
        found = self._subjects.page(current_reach().subjects, from_token(request.page_token), size + 1)
        token = to_token(found[size - 1].id) if len(found) > size else ""
        return pb.ListSubjectsResponse(subjects=found[:size], next_page_token=token)

    async def CreateApiKey(self, request: pb.CreateApiKeyRequest, _: Any) -> pb.CreateApiKeyResponse:
        """See the contract."""
        caller = current_principal()
        subject_id = Who.named(request.subject).id if request.subject else caller.subject
        lifetime = request.lifetime.ToTimedelta() if request.HasField("lifetime") else None
        async with self._auditor.audit(Audited("access.create_key", "api_key")) as audited:
            audited.detail = f"for {subject_id}"
            made = await self._keys.create(caller, Order(subject_id, request.name, request.grants, lifetime))
            audited.object_id = made.key.id
            audited.detail += f": {_allowance(made.key)}; until {_moment(made.key.expire_time)}"
        return pb.CreateApiKeyResponse(key=made.key, secret=made.text)

    async def ListApiKeys(self, request: pb.ListApiKeysRequest, _: Any) -> pb.ListApiKeysResponse:
        """See the contract."""
        size = page_size(request.page_size)
        found = await self._keys.page(
            current_reach().subjects,
            Who.named(request.subject).id if request.subject else "",
            show_ended=request.show_ended,
            after=from_token(request.page_token),
            limit=size + 1,
        )
        token = to_token(found[size - 1].id) if len(found) > size else ""
        return pb.ListApiKeysResponse(keys=found[:size], next_page_token=token)

    async def RevokeApiKey(self, request: pb.RevokeApiKeyRequest, _: Any) -> pb.RevokeApiKeyResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("access.revoke_key", "api_key", request.key_id)) as audited:
            key = await self._keys.revoke(request.key_id)
            audited.detail = f"of {key.subject_id}"
        return pb.RevokeApiKeyResponse(key=key)

    async def RotateApiKey(self, request: pb.RotateApiKeyRequest, _: Any) -> pb.RotateApiKeyResponse:
        """See the contract."""
        overlap = request.overlap.ToTimedelta() if request.HasField("overlap") else DEFAULT_OVERLAP
        async with self._auditor.audit(Audited("access.rotate_key", "api_key", request.key_id)) as audited:
            made = await self._keys.rotate(current_principal(), request.key_id, overlap)
            audited.detail = (
                f"of {made.key.subject_id}: successor {made.key.id}, {_allowance(made.key)}; "
                f"until {_moment(made.key.expire_time)}"
            )
        return pb.RotateApiKeyResponse(key=made.key, secret=made.text)


def _who(request: pb.SetGrantsRequest) -> Who:
    if request.HasField("oidc"):
        return Who.identified(request.oidc.issuer, request.oidc.subject)
    return Who.named(request.subject)


def _state(grants: Iterable[pb.Grant], *, disabled: bool) -> str:
    return f"{'disabled, ' if disabled else ''}{in_words(grants)}"


def _allowance(key: pb.ApiKey) -> str:
    return in_words(key.grants) if key.grants else "all that its subject may"


def _moment(stamp: Timestamp) -> str:
    return stamp.ToDatetime(UTC).isoformat(timespec="seconds")
