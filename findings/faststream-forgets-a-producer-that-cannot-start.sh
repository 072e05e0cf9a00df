#!/bin/sh
# FastStream: a producer that cannot start is forgotten with its connections, and `stop` does not close it.
#
# One would guess: `async with KafkaBroker(...)`, or `start` and then `stop`, leaves nothing open, whether Kafka answers or not.
# What is so: FastStream remembers aiokafka's producer only once it has started. One whose start fails (no broker answers, a
# login is refused) or is cancelled (by a time limit of the caller's, after the connection stood) stays open, and
# `stop` has nothing to close. The garbage collector finds it, and aiokafka reports an unclosed producer to the event
# loop's handler of errors: in the log of a service that only waits for its Kafka, an error for each try. The broker's admin
# client is remembered before its start, and closed. Rapport gives the broker a producer that is closed when it cannot start.
#
# Seen: faststream 0.7.8, aiokafka 0.14.0, Python 3.11.7:
#   no broker: KafkaConnectionError, then: Unclosed AIOKafkaProducer
#   a time limit: TimeoutError, then: Unclosed AIOKafkaProducer
#   aiokafka alone, stopped by its user: KafkaConnectionError, then: nothing
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "faststream[kafka]==0.7.8" aiokafka==0.14.0
"$folder/venv/bin/python" - <<'PY'
import asyncio, gc, logging, sys, warnings
from importlib.metadata import version

from aiokafka import AIOKafkaProducer
from aiokafka.producer.sender import Sender
from faststream.kafka import KafkaBroker

warnings.simplefilter("ignore", ResourceWarning)
logging.disable(logging.CRITICAL)
NOBODY = "127.0.0.1:1"


async def left_by(use):
    """Return the error that it ends with, and what is told of what it left."""
    told, error = [], ""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["message"]))
    try:
        await use()
    except Exception as failure:
        error = type(failure).__name__
        failure.__traceback__ = None
    gc.collect()
    return error, told


async def broker():
    given = KafkaBroker(NOBODY, logger=None)
    try:
        await given.start()
    finally:
        await given.stop()


async def in_time():
    async def waits(self):
        await asyncio.Event().wait()

    async def connected(self):
        pass

    from aiokafka.client import AIOKafkaClient

    start, bootstrap = Sender.start, AIOKafkaClient.bootstrap
    Sender.start, AIOKafkaClient.bootstrap = waits, connected  # a Kafka that answers, and gives no producer id
    try:
        async with asyncio.timeout(0.2):
            await broker()
    finally:
        Sender.start, AIOKafkaClient.bootstrap = start, bootstrap


async def alone():
    producer = AIOKafkaProducer(bootstrap_servers=NOBODY)
    try:
        await producer.start()
    finally:
        await producer.stop()


async def main():
    print("faststream", version("faststream"), "aiokafka", version("aiokafka"), "Python", sys.version.split()[0])
    found = {}
    for name, use in (("no broker", broker), ("a time limit", in_time), ("aiokafka alone, stopped by its user", alone)):
        error, told = found[name] = await left_by(use)
        print(f"{name}: {error}, then: {', '.join(told) or 'nothing'}")
    unclosed = ["Unclosed AIOKafkaProducer"]
    right = [told for _, told in found.values()] == [unclosed, unclosed, []]
    sys.exit(0 if right else "the behaviour has changed")


asyncio.run(main())
PY
