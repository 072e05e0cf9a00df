"""How many processes are at work for a service, as Kafka knows its consumer group."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.runtime.kafka.connection import KafkaAccess


async def members_of(access: KafkaAccess, group: str) -> int:
    """Ask how many processes are members of a consumer group."""
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.errors import GroupCoordinatorNotAvailableError

    admin = AIOKafkaAdminClient(**access.connection())
    try:
        await admin.start()
        [reply] = await admin.describe_consumer_groups([group])
        return sum(len(members) for _, _, _, _, _, members, *_ in reply.groups)
    except GroupCoordinatorNotAvailableError:  # a Kafka that has never had a group yet
        return 0
    finally:
        await admin.close()
