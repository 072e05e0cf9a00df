"""Who may do what on Kafka, as `deploy/acls.yaml` lists it, and how it is granted.

One file serves operators and tests. An installed wheel carries it next to this module.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

import yaml
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import ClusterAuthorizationFailedError, SecurityDisabled, for_code
from aiokafka.protocol.admin import CreateAclsRequest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from shared.runtime.kafka.connection import KafkaAccess

FILE_NAME: Final = "acls.yaml"
SECONDS_MAX: Final = 30.0
LITERAL: Final = 3
PREFIXED: Final = 4
ALLOW: Final = 3
ANY_HOST: Final = "*"


class Operation(IntEnum):
    """What may be done, by the number that stands for it on the wire."""

    Read = 3
    Write = 4
    Create = 5
    Delete = 6
    Describe = 8
    DescribeConfigs = 10


class Resource(IntEnum):
    """To what, by its number."""

    topic = 2
    group = 3
    transactional_id = 5


class Grant(BaseModel):
    """Operations on one resource, or on all whose name begins with what stands before `*`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: str | None = None
    group: str | None = None
    transactional_id: str | None = None
    operations: Annotated[list[str], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_one(self) -> Grant:
        if sum(name is not None for name in (self.topic, self.group, self.transactional_id)) != 1:
            raise ValueError("names exactly one of topic, group and transactional_id")
        if unknown := set(self.operations) - set(Operation.__members__):
            raise ValueError(f"there is no operation {min(unknown)!r}")
        return self

    @property
    def resource(self) -> Resource:
        """What kind of resource it is about."""
        return next(kind for kind in Resource if getattr(self, kind.name) is not None)

    @property
    def name(self) -> str:
        """The resource's name; it ends with `*` where it is a prefix."""
        return str(getattr(self, self.resource.name))

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"{', '.join(self.operations)} on {self.resource.name} {self.name}"


class Principal(BaseModel):
    """Who, and what it may."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    principal: Annotated[str, Field(pattern=r"^[A-Za-z]+:.+$")]
    allow: list[Grant]


class AclsRefused(Exception):
    """Kafka did not take it; the message says why."""


@lru_cache(maxsize=1)
def acl_plan() -> dict[str, Principal]:
    """Read and check the shipped `acls.yaml`."""
    here = Path(__file__).resolve().parent
    shipped, source = here / FILE_NAME, here.parents[2] / "deploy" / FILE_NAME
    text = (shipped if shipped.exists() else source).read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Principal]).validate_python(yaml.safe_load(text))


def without_deletion(plan: Mapping[str, Principal]) -> dict[str, Principal]:
    """Return the plan without the right to delete, which on Kafka is also the right to delete the topic itself."""
    return {
        name: one.model_copy(update={"allow": [_without(each) for each in one.allow]}) for name, one in plan.items()
    }


def _without(one: Grant) -> Grant:
    return one.model_copy(update={"operations": [each for each in one.operations if each != Operation.Delete.name]})


async def grant(access: KafkaAccess, plan: dict[str, Principal]) -> int:
    """Grant all of the plan and return how many it are. What is granted already stays; nothing is taken away."""
    client = AIOKafkaClient(**access.connection())
    count = 0
    try:
        async with asyncio.timeout(SECONDS_MAX):
            await client.bootstrap()
            for principal in plan.values():
                for allowed in principal.allow:
                    for operation in allowed.operations:
                        await _create(client, principal.principal, allowed, Operation[operation])
                        count += 1
    finally:
        await client.close()
    return count


async def _create(client: AIOKafkaClient, principal: str, allowed: Grant, operation: Operation) -> None:
    pattern = PREFIXED if allowed.name.endswith("*") else LITERAL
    name = allowed.name.removesuffix("*")
    request = CreateAclsRequest(allowed.resource, name, pattern, principal, ANY_HOST, operation, ALLOW)
    reply = await client.send(client.get_random_node(), request)
    for code, reason in reply.creation_responses:
        if code == SecurityDisabled.errno:
            raise AclsRefused("the broker has no authorizer (authorizer.class.name), so everybody may do everything")
        if code == ClusterAuthorizationFailedError.errno:
            raise AclsRefused("this principal may not grant rights: it needs Alter on the cluster")
        if code:
            raise AclsRefused(f"{principal}, {allowed}: {reason or for_code(code).__name__}")
