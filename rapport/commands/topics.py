"""`rapport topics apply|check`: the topics as `deploy/topics.yaml` lists them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shared.config.settings import Settings
    from shared.runtime.kafka_admin.topics import Copies
    from shared.runtime.kafka_admin.topics_check import Deviation

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Replication = Annotated[
    int | None,
    typer.Option("--replication", min=1, max=100, help="Copies of each partition. [default: RAPPORT_REPLICATION]"),
]
MinInsync = Annotated[
    int | None,
    typer.Option(
        "--min-insync", min=1, max=100, help="Copies that acknowledge. [default: RAPPORT_MIN_INSYNC_REPLICAS]"
    ),
]


def apply(replication: Replication = None, min_insync: MinInsync = None, as_json: AsJson = False) -> None:
    """Create the topics that are missing, and say which. Changes nothing about those that exist.

    Exits with 1 when one of them is not as it should be. Another number of partitions is refused, and then nothing is
    created.
    """
    from rapport.system.endpoints import kafka_access, settings
    from rapport.system.work import run_against
    from rapport.terminal.output import print_json
    from shared.contracts.topics import topic_plan
    from shared.runtime.kafka_admin.topics import ensure_topics

    wanted = settings()
    access, copies = kafka_access(wanted), _copies(wanted, replication, min_insync)
    plan = topic_plan().with_snapshots(wanted.snapshot_every)
    created = run_against(ensure_topics(access, plan, wanted.partitions, copies))
    found = _look(wanted, copies)
    if as_json:
        deviations = [deviation.as_dict() for deviation in found]
        print_json({"ok": not found, "created": created, "deviations": deviations}, indent=2)
    else:
        for name in created:
            print(f"{name}: created with {wanted.partitions} partitions")
        if not created:
            print("nothing was missing")
    _fail_on(found)


def check(replication: Replication = None, min_insync: MinInsync = None, as_json: AsJson = False) -> None:
    """Compare the topics with what they should be: partitions, retention, compaction, timestamps.

    Exits with 1 when there is a difference. Changes nothing.
    """
    from rapport.system.endpoints import settings
    from rapport.terminal.output import print_json
    from shared.contracts.topics import topic_plan

    wanted = settings()
    found = _look(wanted, _copies(wanted, replication, min_insync))
    if as_json:
        print_json({"ok": not found, "deviations": [deviation.as_dict() for deviation in found]}, indent=2)
    elif not found:
        count = len(topic_plan().with_snapshots(wanted.snapshot_every).topics)
        print(f"all {count} topics are as they should be, with {wanted.partitions} partitions")
    _fail_on(found)


def acls(
    principals: Annotated[
        list[str] | None,
        typer.Option("--principal", metavar="NAME=PRINCIPAL", help="Whom a name of the file stands for; repeatable."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be granted, and grant nothing.")] = False,
) -> None:
    """Grant each service, the product and the operator what `deploy/acls.yaml` lists, and nothing more.

    Takes nothing away. Grants the right to delete under RAPPORT_RETENTION_DAYS alone. Needs a principal that may alter
    the cluster, and a broker with an authorizer.
    """
    from rapport.system.endpoints import kafka_access, settings
    from rapport.system.work import run_against
    from rapport.terminal.failure import Failure
    from shared.runtime.kafka_admin.acls import AclsRefused, acl_plan, grant, without_deletion

    wanted = settings()
    plan = without_deletion(acl_plan()) if wanted.keep is None else dict(acl_plan())
    for given in principals or []:
        name, _, principal = given.partition("=")
        if name not in plan or ":" not in principal:
            raise typer.BadParameter(f"must be NAME=User:..., with NAME of {', '.join(plan)}", param_hint="--principal")
        plan[name] = plan[name].model_copy(update={"principal": principal})
    if dry_run:
        for who in plan.values():
            for allowed in who.allow:
                print(f"{who.principal}: {allowed}")
        return
    try:
        count = run_against(grant(kafka_access(wanted), plan))
    except AclsRefused as refusal:
        raise Failure(f"Kafka: {refusal}") from refusal
    print(f"{count} rights of {len(plan)} principals are granted")


def _copies(settings: Settings, replication: int | None, min_insync: int | None) -> Copies:
    from shared.runtime.kafka_admin.topics import Copies

    return Copies(replication or settings.replication, min_insync or settings.min_insync_replicas)


def _look(settings: Settings, copies: Copies) -> list[Deviation]:
    from rapport.system.endpoints import kafka_access
    from rapport.system.work import run_against
    from shared.contracts.topics import topic_plan
    from shared.runtime.kafka_admin.topics_check import deviations

    plan = topic_plan().with_snapshots(settings.snapshot_every)
    return run_against(deviations(kafka_access(settings), plan, settings.partitions, copies))


def _fail_on(found: list[Deviation]) -> None:
    for deviation in found:
        print(deviation, file=sys.stderr)
    if found:
        print(
            f"rapport: {len(found)} deviation{'s' if len(found) > 1 else ''} from deploy/topics.yaml", file=sys.stderr
        )
        raise typer.Exit(1)
