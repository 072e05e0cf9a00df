"""What the errors of the Kafka client are about, as far as it matters to who counts doubts."""

from __future__ import annotations

from typing import Final

from aiokafka import errors

from shared.runtime.doubts import DoubtKind

_BY_ERROR: Final[tuple[tuple[DoubtKind, tuple[type[BaseException], ...]], ...]] = (
    (
        DoubtKind.LOG_FENCED,
        (errors.ProducerFenced, errors.InvalidProducerEpoch, errors.TransactionCoordinatorFenced),
    ),
    (
        DoubtKind.GROUP,
        (
            errors.CommitFailedError,
            errors.IllegalGenerationError,
            errors.UnknownMemberIdError,
            errors.RebalanceInProgressError,
            errors.IllegalStateError,
        ),
    ),
    (
        DoubtKind.KAFKA_UNREACHABLE,
        (
            errors.KafkaConnectionError,
            errors.KafkaTimeoutError,
            errors.KafkaUnavailableError,
            errors.NodeNotReadyError,
            errors.RequestTimedOutError,
            errors.BrokerNotAvailableError,
            errors.LeaderNotAvailableError,
            errors.NotLeaderForPartitionError,
            errors.CoordinatorNotAvailableError,
            errors.NotCoordinatorError,
            errors.CoordinatorLoadInProgressError,
            TimeoutError,
            OSError,
        ),
    ),
)


def kind_of_kafka(error: BaseException) -> DoubtKind:
    """Return what an error of the Kafka client is about."""
    return next((kind for kind, types in _BY_ERROR if isinstance(error, types)), DoubtKind.OTHER)
