"""For each guard an accident in which it alone keeps the promises, brought about on purpose: chance is too weak for most.

Each is played twice: with the guard off, and the checker must find violations; and with it on, and it must find none.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from aiokafka import AIOKafkaProducer, TopicPartition
from msgspec.structs import replace

from shared.contracts import INVITES
from shared.contracts.topics import topic_plan
from shared.runtime.kafka.connection import KafkaAccess
from tests.chaos import ending
from tests.chaos.bed import Bed
from tests.chaos.crew import ROOT
from tests.chaos.ground import EmbeddedGround
from tests.chaos.mailing import SLOW_SMTP, deploy_on_monday, kill_on_monday
from tests.chaos.plan import SLEEPS, WORKERS
from tests.chaos.receiving import fails_every_other, killed_amid_posts

CALM_SECONDS_MAX: Final = 120.0
SETTLE_SECONDS: Final = 3.0
"""In which a live system applies what was told."""
OVERTAKEN_SECONDS_MAX: Final = 60.0
"""In which others find out that a worker sleeps, and own its partitions."""
LOAD_SECONDS_MAX: Final = 600.0
NOTICED_SECONDS_MAX: Final = 30.0
"""In which every owner finds out that its store went back, and recovers again: an idle one looks once a second."""
REBUILD_SECONDS_MAX: Final = 60.0
FOLDED_BETWEEN: Final = 150
"""Records that each service applies between a copy of the store and its return, so that there is something to lose."""
PILE_UP_SECONDS: Final = 0.4
"""In which there comes to be more to decide."""
DUE_IN: Final = timedelta(hours=1)
ANSWERED: Final = 400

Play = Callable[[Bed, bool], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """An accident, and the run in which it happens."""

    story: str
    play: Play
    """What happens; the flag says whether the guard is on."""
    workers: int = WORKERS
    services: tuple[str, ...] = ("invites", "followups")
    sabotaged: bool = False
    failing_polls: float = 0.0
    """How probably a poll raises after it has fetched."""
    rate: float = 150.0
    sleeps: Mapping[str, tuple[float, float]] = field(default_factory=lambda: dict(SLEEPS))
    ends: bool = False
    """Whether the log ends (`ending`): with snapshots, on few partitions, and a pace that a day of a second takes."""
    webhooks: bool = False
    """Whether events are posted to a receiver (`webhooks`), on few partitions."""


async def store_goes_back_unnoticed(bed: Bed, guarded: bool) -> None:
    """The store goes back to an older copy between two steps of its owners, and no connection breaks."""
    async with loaded(bed):
        for _ in range(4):
            copy = await bed.copy_of_store()
            await bed.until_applied(more=FOLDED_BETWEEN)
            await bed.crew.hold(0, "deliver")
            await asyncio.sleep(PILE_UP_SECONDS)
            await bed.put_back_at_once(copy)
            bed.crew.release(0)


async def late_publisher(bed: Bed, guarded: bool) -> None:
    """A worker falls asleep with decided events in hand; others own its partitions and go on; then it wakes."""
    async with loaded(bed):
        await asyncio.sleep(SETTLE_SECONDS)
        await bed.crew.hold(0, "publish")
        life = bed.crew.stop(0)
        async with asyncio.timeout(OVERTAKEN_SECONDS_MAX):
            while bed.crew.owned(0):  # noqa: ASYNC110 - other processes recover
                await asyncio.sleep(0.1)
        await bed.until_applied(more=FOLDED_BETWEEN)
        bed.crew.release(0)
        bed.crew.wake(0, life)


async def answers_during_an_outage(bed: Bed, guarded: bool) -> None:
    """Nobody is there while the answers arrive; when somebody is, what they answer is long due."""
    await bed.load.begin()
    due = bed.board.now() + DUE_IN
    sent, answers = bed.load.story.answered(ANSWERED, bed.board.now(), due)
    await bed.load.tell(sent)
    await bed.until_calm(CALM_SECONDS_MAX)
    await bed.crew.end()
    now = bed.board.now()
    await bed.load.tell(replace(answer, time=now, logged=now) for answer in answers)
    bed.board.jump(2 * DUE_IN)
    await bed.start(WORKERS)


async def killed_between_publish_and_commit(bed: Bed, guarded: bool) -> None:
    """A worker dies when its events stand in the log, and the store does not know it yet."""
    async with loaded(bed):
        for worker in range(2):
            await asyncio.sleep(SETTLE_SECONDS)
            await bed.crew.hold(worker, "commit")
            bed.crew.kill(worker)
            await bed.crew.start(worker)


async def log_loses_its_tail(bed: Bed, guarded: bool) -> None:
    """A partition of the own topic comes back from an older copy and grows again, past where the store has read it."""
    ground = bed.ground
    assert isinstance(ground, EmbeddedGround), "Kafka's own files are put back"
    await bed.load.begin()
    await bed.load.run(SETTLE_SECONDS)
    await bed.until_calm(CALM_SECONDS_MAX)
    before = await _ends(bed)
    await bed.crew.end()
    copies = bed.folder / "log-copies"
    for number in before:
        shutil.copytree(ground.log_folder(INVITES, number), copies / str(number), ignore=_rebuilt_files)
    await bed.start(1)
    await bed.load.run(SETTLE_SECONDS)
    await bed.until_calm(CALM_SECONDS_MAX)
    await bed.crew.end()
    after = await _ends(bed)
    number = max(before, key=lambda one: after[one] - before[one])
    await ground.log_put_back(INVITES, number, copies / str(number))
    await _grow(bed, number, after[number])
    await bed.crew.start(0)
    if guarded:
        await _refused(bed, number)
        await _rebuild(bed)
    await bed.load.run(SETTLE_SECONDS)


async def batch_overtaken_by_a_seek(bed: Bed, guarded: bool) -> None:
    """A batch is long on its way from poll to owner, and meanwhile the store goes back: the owner recovers and seeks."""
    async with loaded(bed):
        for _ in range(2):
            await bed.ground.copy_store()
            await bed.until_applied(more=FOLDED_BETWEEN)
            await bed.crew.hold(0, "deliver")
            recoveries = bed.board.read(0, "recoveries")
            await bed.ground.put_store_back()
            await _recovered_again(bed, recoveries)
            bed.crew.release(0)


async def nothing_but_load(bed: Bed, guarded: bool) -> None:
    """Nothing dies."""
    await bed.load.begin()
    await bed.load.run(8.0)


AMID_SNAPSHOTS: Final = Scenario(
    "who writes snapshots is killed amid them, and the store is emptied",
    ending.killed_amid_snapshots,
    1,
    ending.SERVICES,
    sleeps={},
    rate=ending.RATE,
    ends=True,
)

SCENARIOS: Final[Mapping[str, Scenario]] = {
    "unfenced-load": Scenario("the store goes back between two steps", store_goes_back_unnoticed, 1),
    "no-log-fence": Scenario("a worker sleeps before its publish, and is overtaken", late_publisher),
    "no-completeness": Scenario("answers arrive while nobody is there", answers_during_an_outage),
    "no-read-back": Scenario("workers die between publish and commit", killed_between_publish_and_commit),
    "no-checkpoint": Scenario("the own topic loses its tail and grows again", log_loses_its_tail, 1, ("invites",)),
    "no-stale-check": Scenario(
        "the store goes back while a batch is on its way",
        batch_overtaken_by_a_seek,
        1,
        sleeps={"handed": (1.0, 0.6)},  # else the batch after it comes at once, and tells that something is missing
    ),
    "poll-loses": Scenario("polls fail after they have fetched", nothing_but_load, 1, failing_polls=0.1),
    "no-parking": Scenario("rules fail for some invites", nothing_but_load, 1, ("invites",), sabotaged=True),
    "sending-for-all": Scenario(
        "a Monday at eight, and whoever mails is killed", kill_on_monday, 1, ("digest",), sleeps=SLOW_SMTP
    ),
    "no-drain": Scenario("a Monday at eight, and a deploy", deploy_on_monday, 1, ("digest",), sleeps=SLOW_SMTP),
    "read-uncommitted": Scenario("transactions of others are aborted", nothing_but_load, 1),
    "covers-early": AMID_SNAPSHOTS,
    "half-snapshots": AMID_SNAPSHOTS,
    "webhook-forgets": Scenario(
        "the receiver is asleep, and who posts to it is killed", killed_amid_posts, 1, sleeps={}, webhooks=True
    ),
    "webhook-hurries": Scenario(
        "the receiver takes every other post alone", fails_every_other, 1, sleeps={}, webhooks=True
    ),
}


async def _recovered_again(bed: Bed, before: int) -> None:
    """Wait until the first worker has recovered as often as it owns partitions."""
    owned = len(bed.deciders) * topic_plan().partitions
    with suppress(TimeoutError):
        async with asyncio.timeout(NOTICED_SECONDS_MAX):
            while bed.board.read(0, "recoveries") < before + owned:  # noqa: ASYNC110 - another process counts
                await asyncio.sleep(0.1)


def _rebuilt_files(folder: str, names: list[str]) -> list[str]:
    """Name the files that Kafka makes again from a log by itself."""
    return [name for name in names if name.endswith(("index", "snapshot"))]


@asynccontextmanager
async def loaded(bed: Bed) -> AsyncIterator[None]:
    """Publish while the block runs, and a little longer."""
    await bed.load.begin()
    loading = asyncio.create_task(bed.load.run(LOAD_SECONDS_MAX))
    try:
        yield
        await asyncio.sleep(SETTLE_SECONDS)
    finally:
        loading.cancel()
        with suppress(asyncio.CancelledError):
            await loading


async def _ends(bed: Bed) -> dict[int, int]:
    parts = [TopicPartition(INVITES, number) for number in range(topic_plan().partitions)]
    async with KafkaAccess(bed.ground.where.kafka).reader() as reader:
        return {at.partition: end for at, end in (await reader.end_offsets(parts)).items()}


async def _grow(bed: Bed, number: int, end: int) -> None:
    """Append what no reader sees until the partition is as long as it was."""
    missing = end - (await _ends(bed))[number]
    access = KafkaAccess(bed.ground.where.kafka)
    async with AIOKafkaProducer(**access.connection(), transactional_id="chaos-grow") as producer:
        await producer.begin_transaction()
        for _ in range(max(1, missing - 1)):
            await producer.send_and_wait(INVITES, b"aborted", b"aborted", partition=number)
        await producer.abort_transaction()
    while (await _ends(bed))[number] < end:  # noqa: ASYNC110 - a broker rings nobody
        await asyncio.sleep(0.1)


async def _refused(bed: Bed, number: int) -> None:
    """Wait until the owner of the partition says that it can not go on by itself."""
    async with asyncio.timeout(CALM_SECONDS_MAX):
        while not any("refused" in note and note["partition"] == number for note in bed.crew.notes()):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _rebuild(bed: Bed) -> None:
    """Choose as an operator would."""
    where = bed.ground.where
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    places = {"RAPPORT_KAFKA": where.kafka, "RAPPORT_REDIS": where.redis, "RAPPORT_SMTP": where.smtp}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-c", "from rapport.entry import main; main()", "rebuild", "invites", "--yes",
        cwd=ROOT, env=environment | places, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    _, said = await asyncio.wait_for(process.communicate(), REBUILD_SECONDS_MAX)
    assert process.returncode == 0, said.decode()
