#!/bin/sh
# A coroutine that is dropped inside the block of an `@asynccontextmanager` may not end: it gets a RuntimeError, and goes on.
#
# When nobody holds a suspended coroutine any more, Python throws GeneratorExit into it, which `except Exception` lets pass.
# Where coroutine and context manager are garbage of one cycle, the collector may finalise the manager's generator before the
# coroutine. `contextlib` then throws the GeneratorExit into a generator that is closed already, is answered by a plain end, and
# raises `RuntimeError: generator didn't stop after athrow()` in the coroutine. An `except Exception` around the block, as a loop
# has that retries, takes it for an error of its work: it retries, in a coroutine that nobody runs. If it waits, the
# interpreter says `coroutine ignored GeneratorExit`, far away, at the next collection. A class with `__aexit__` has none of this.
#
# One would guess: who is dropped within `async with` sees GeneratorExit, whichever way the manager was written.
# Needs any of the Pythons below; nothing to install, since it is the standard library.
set -eu
seen=0
for python in ${PYTHONS:-python3 python3.11 python3.12 python3.13 python3.14}; do
    "$python" -c '' 2>/dev/null || continue
    seen=1
    "$python" - <<'PYTHON'
import gc
import platform
import sys
from contextlib import asynccontextmanager


class Suspended:
    def __await__(self):
        yield


@asynccontextmanager
async def generated():
    yield


class Written:
    async def __aenter__(self):
        pass

    async def __aexit__(self, *_):
        pass


async def working(manager, cycle, met):
    try:
        async with manager:
            await Suspended()
    except Exception as error:
        met.append(f"except Exception: {type(error).__name__}: {error}")
    except BaseException as error:
        met.append(f"except BaseException: {type(error).__name__}")
        raise


def dropped(make):
    met, cycle = [], []
    manager = make()  # older than the coroutine, so finalised before it
    coroutine = working(manager, cycle, met)
    cycle.append(coroutine)
    coroutine.send(None)
    del manager, coroutine, cycle
    gc.collect()
    return met


print(f"Python {platform.python_version()}")
by_generator, by_class = dropped(generated), dropped(Written)
print("  @asynccontextmanager", by_generator)
print("  a class             ", by_class)
if "RuntimeError" not in "".join(by_generator) or by_class != ["except BaseException: GeneratorExit"]:
    sys.exit("the behaviour has changed")
PYTHON
done
[ "$seen" = 1 ] || { echo "no Python here" >&2; exit 1; }
# Seen on 3.11.7, 3.12.1 and 3.13.0, alike:
#   @asynccontextmanager ["except Exception: RuntimeError: generator didn't stop after athrow()"]
#   a class              ['except BaseException: GeneratorExit']
