"""Monday, eight o'clock: many digests are due in one minute, each a mail to a server on this machine.

Run it: `python -m tests.bench.bench_monday [MEMBERS]`. Members of one partition have each somebody to thank. *digest* steps
through what is due without Kafka and Redis; the mails go over real SMTP to a server (aiosmtpd) in a process of its own, as
many at a time as a process of the service sends; and each outcome is published. CPU is that of the service alone.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from multiprocessing.connection import Connection
from time import perf_counter, process_time
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from rapport.composition import DECIDERS
from services.digest.mail.mailer import Mailer
from shared.config.values import SmtpAccess
from shared.contracts import (
    ACTIVITY,
    Contact,
    ContactConnected,
    DigestSending,
    DigestSent,
    Event,
    EventData,
    MemberJoined,
    partition_for,
)
from shared.contracts.cloudevents import codec
from shared.decider import Missing, NewEvent
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Changes, Message, Record
from shared.runtime.ports.limits import EFFECTS_AT_ONCE_MAX
from shared.runtime.processing.unit_of_work import EvaluationTime, UnitOfWork
from tests.bench.bench_decider import STEP_RECORDS, Partition
from tests.bench.network import PARTITIONS
from tests.bench.whole_member import Kept

MEMBERS: Final = 50_000
SCALED_DOWN: Final = 1_000
"""As many as `make bench` takes: CPU of a mail is the same, and the whole hardly longer than its beginning."""
CONNECTED: Final = datetime(2026, 11, 27, 9, tzinfo=UTC)
"""A Friday: whoever is to be thanked for the connection is so by Monday."""
MONDAY: Final = datetime(2026, 11, 30, 7, tzinfo=UTC)
"""Eight o'clock in Paris."""
MINUTE: Final = timedelta(minutes=1)
say = sys.stdout.write


class _Sink:
    """A mail server's part that takes every mail and keeps none."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        return "250 2.0.0 taken"


def _serve(told: Connection) -> None:
    """Serve SMTP until the process is ended, and tell the port."""

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(_Sink(), hostname="localhost", loop=loop), "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def sink() -> Iterator[int]:
    """Serve SMTP in a process of its own; yield the port."""
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    server = context.Process(target=_serve, args=(tell,), daemon=True)
    server.start()
    try:
        yield told.recv()
    finally:
        server.terminate()
        server.join()


class Digests(Partition):
    """A partition of *digest* that keeps which mails it has announced, and counts which were sent."""

    def __init__(self) -> None:
        super().__init__(DECIDERS["digest"])
        self.announced: list[Event] = []
        self.sent = 0

    def committed(self, changes: Changes, said: Sequence[tuple[Event, Message]]) -> None:
        """Keep what begins a mail."""
        self.announced += [event for event, _ in said if isinstance(event.data, DigestSending)]
        self.sent += sum(isinstance(event.data, DigestSent) for event, _ in said)

    async def mail(self, mailer: Mailer, announced: Sequence[Event], at: datetime) -> None:
        """Send some mails side by side, and publish their outcomes in one step."""
        work: UnitOfWork[Any, Any] = UnitOfWork(self.decider, 0, self.offsets, self.number)
        for event in announced:
            work.want(event)
        self._load(work, {member: (*keys, *self.decider.woken_with) for member, keys in work.wanted.items()})
        outcomes = await asyncio.gather(*(self._perform(mailer, work, event) for event in announced))
        report, moment = self.decider.report, EvaluationTime(at, at)
        assert report is not None
        for event, outcome in zip(announced, outcomes, strict=True):
            assert outcome is not None
            known = work.members[event.member]
            work.emit(known, "", report(known.view, event, outcome), moment)
        self._settle(work, moment)
        self._commit(work)

    async def _perform(self, mailer: Mailer, work: UnitOfWork[Any, Any], event: Event) -> NewEvent | None:
        while True:
            try:
                return await mailer.perform(work.members[event.member].view, event)
            except Missing as absent:
                self._load(work, {event.member: absent.keys})


def activity(members: int) -> list[Record]:
    """Return what the product tells of so many members of one partition."""
    here = (f"member-{number:08}" for number in count())
    told: list[Record] = []
    for member in islice((name for name in here if partition_for(name, PARTITIONS) == 0), members):
        somebody = Contact(id=f"contact-of-{member}", name="Ada Lovelace", headline="Engineer at Analytical Engines")
        joined = MemberJoined(name="Grace Hopper", zone="Europe/Paris", email=f"{member}@example.org")
        data: tuple[EventData, ...] = (joined, ContactConnected(contact=somebody))
        for one in data:
            event = Event(f"evt-{len(told):012}", member, CONNECTED, CONNECTED, one, "/product")
            key, value, headers = codec.encode(event)
            told.append(Record(ACTIVITY, 0, len(told), key, value, tuple(headers), to_ms(CONNECTED)))
    return told


def ready(members: int) -> Digests:
    """Return *digest* on Sunday: it has read of people to thank, and each member's mail is due on Monday."""
    told, followups, digests = activity(members), Kept(DECIDERS["followups"]), Digests()
    for start in range(0, len(told), STEP_RECORDS):
        followups.read(told[start : start + STEP_RECORDS])
    for at, due in followups.due(MONDAY - timedelta(days=1)):
        followups.wake(at, due)
    read = [*told, *followups.told]
    for start in range(0, len(read), STEP_RECORDS):
        digests.read(read[start : start + STEP_RECORDS])
    return digests


async def measure(members: int) -> Mapping[str, float]:
    """Return mails a second, and the CPU of one in microseconds: to decide on it, and to send it and say what came of it."""
    digests = ready(members)
    gc.freeze()
    with sink() as port:
        mailer = Mailer(SmtpAccess("127.0.0.1", port, "none"), lambda: MONDAY + MINUTE)
        begun, cpu = perf_counter(), process_time()
        for at, due in digests.due(MONDAY + MINUTE):
            digests.wake(at, due)
        decided = process_time()
        for start in range(0, members, EFFECTS_AT_ONCE_MAX):
            await digests.mail(mailer, digests.announced[start : start + EFFECTS_AT_ONCE_MAX], MONDAY + MINUTE)
        took, sent = perf_counter() - begun, process_time()
    assert digests.sent == members, f"{digests.sent} of {members} mails were sent"
    return {
        "a second": members / took, "decide": 1e6 * (decided - cpu) / members, "send": 1e6 * (sent - decided) / members,
    }  # fmt: skip


def figures(members: int = SCALED_DOWN) -> dict[str, str]:
    """Return the figure by its name."""
    found = asyncio.run(measure(members))
    name = f"Monday 08:00, {members:,} digests due in a minute: mails a second; CPU of one, us, to decide and to send"
    return {name: f"{found['a second']:,.0f}; {found['decide']:,.0f} and {found['send']:,.0f}"}


def main() -> None:
    """Measure and print."""
    for name, value in figures(int(sys.argv[1]) if len(sys.argv) > 1 else MEMBERS).items():
        say(f"{name}: {value}\n")


if __name__ == "__main__":
    main()
