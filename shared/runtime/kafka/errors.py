"""What the errors of the Kafka client are about, as far as it matters to who counts uncertain outcomes."""

from __future__ import annotations

from typing import Final

from aiokafka import errors

from shared.runtime.ports.errors import UncertainKind

_BY_ERROR: Final[tuple[tuple[UncertainKind, tuple[type[BaseException], ...]], ...]] = (
    (
        UncertainKind.LOG_FENCED,
        (errors.ProducerFenced, errors.InvalidProducerEpoch, errors.TransactionCoordinatorFenced),
    ),
    (UncertainKind.LOG_EXPIRED, (errors.InvalidProducerIdMapping,)),
    (
        UncertainKind.GROUP,
        (
            errors.CommitFailedError,
            errors.IllegalGenerationError,
            errors.UnknownMemberIdError,
            errors.RebalanceInProgressError,
            errors.IllegalStateError,
        ),
    ),
    (
        UncertainKind.KAFKA_UNREACHABLE,
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

CAUSES_MAX: Final = 5
"""Errors behind an error that are looked at."""


def kind_of_kafka(error: BaseException) -> UncertainKind:
    """Return what an error of the Kafka client is about.

    What ends a producer's sender comes as a plain `KafkaError` to whoever waits for it, with its own error behind it.
    """
    behind: BaseException | None = error
    for _ in range(CAUSES_MAX):
        if behind is None:
            break
        if (kind := next((kind for kind, types in _BY_ERROR if isinstance(behind, types)), None)) is not None:
            return kind
        behind = behind.__cause__
    return UncertainKind.OTHER
