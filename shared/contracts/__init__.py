"""The published language: every event as a pydantic model, its envelope, its bytes, its topics.

Services and products meet here and nowhere else. Changes are additive: unknown fields and unknown types are tolerated, and a
breaking change is a new topic version. What stands in a module of events is exported by standing there, so an event is named
once; all else is named here.

Read `events` first (all events, by what they are about), then `cloudevents` (their bytes) and `topics` (`topic_names`; who
ends them: `retained`; the `partition` of a member). `limits` holds the bounds, `fields` the kinds of values, `refusal` says
what is wrong with one. `operators` has what operators publish; `published` writes AsyncAPI and JSON Schema.
"""

from __future__ import annotations

from shared.contracts.cloudevents.codec import (
    decode as decode,
)
from shared.contracts.cloudevents.codec import (
    encode as encode,
)
from shared.contracts.cloudevents.codec import (
    value_of as value_of,
)
from shared.contracts.cloudevents.dead_letters import dead_letter as dead_letter
from shared.contracts.cloudevents.structured import (
    from_json_line as from_json_line,
)
from shared.contracts.cloudevents.structured import (
    to_json as to_json,
)
from shared.contracts.events.event import (
    Event as Event,
)
from shared.contracts.events.event import (
    EventData as EventData,
)
from shared.contracts.events.event import (
    Trace as Trace,
)
from shared.contracts.events.member.channel import *
from shared.contracts.events.member.imports import *
from shared.contracts.events.member.member import *
from shared.contracts.events.member.pursuit import *
from shared.contracts.events.member.reminder import *
from shared.contracts.events.own.digest import *
from shared.contracts.events.own.followup import *
from shared.contracts.events.own.push import *
from shared.contracts.events.own.retraction import *
from shared.contracts.events.own.upkeep import *
from shared.contracts.events.people.contact import *
from shared.contracts.events.people.gathering import *
from shared.contracts.events.people.interactions import *
from shared.contracts.events.people.introduced import introduced as introduced
from shared.contracts.events.people.invite import *
from shared.contracts.events.people.meeting import *
from shared.contracts.events.people.promise import *
from shared.contracts.events.table import (
    EVENTS as EVENTS,
)
from shared.contracts.events.table import (
    topics_of as topics_of,
)
from shared.contracts.operators.discard import (
    DeadLetterDiscarded as DeadLetterDiscarded,
)
from shared.contracts.operators.discard import (
    discard_record as discard_record,
)
from shared.contracts.operators.discard import (
    discarded as discarded,
)
from shared.contracts.operators.replay import (
    ReplayRequested as ReplayRequested,
)
from shared.contracts.operators.replay import (
    replay_request as replay_request,
)
from shared.contracts.operators.replay import (
    replay_requested as replay_requested,
)
from shared.contracts.operators.step_over import (
    StepOverRequested as StepOverRequested,
)
from shared.contracts.operators.step_over import (
    step_over_request as step_over_request,
)
from shared.contracts.operators.step_over import (
    step_over_requested as step_over_requested,
)
from shared.contracts.partition import (
    murmur2 as murmur2,
)
from shared.contracts.partition import (
    partition_for as partition_for,
)
from shared.contracts.partition import (
    partition_of_key as partition_of_key,
)
from shared.contracts.refusal import (
    Unreadable as Unreadable,
)
from shared.contracts.refusal import (
    refusal_of as refusal_of,
)
from shared.contracts.topic_names import (
    ACTIVITY as ACTIVITY,
)
from shared.contracts.topic_names import (
    DEAD_LETTERS as DEAD_LETTERS,
)
from shared.contracts.topic_names import (
    DIGESTS as DIGESTS,
)
from shared.contracts.topic_names import (
    EVENT_TOPICS as EVENT_TOPICS,
)
from shared.contracts.topic_names import (
    FOLLOWUPS as FOLLOWUPS,
)
from shared.contracts.topic_names import (
    INVITES as INVITES,
)
from shared.contracts.topic_names import (
    OWN_TOPICS as OWN_TOPICS,
)
from shared.contracts.topic_names import (
    REPLAY as REPLAY,
)
from shared.contracts.topic_names import (
    TOPICS as TOPICS,
)
from shared.contracts.topics import (
    FILE_NAME as FILE_NAME,
)
from shared.contracts.topics import (
    Topic as Topic,
)
from shared.contracts.topics import (
    TopicPlan as TopicPlan,
)
from shared.contracts.topics import (
    read_topic_plan as read_topic_plan,
)
from shared.contracts.topics import (
    topic_plan as topic_plan,
)
