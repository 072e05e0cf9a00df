"""What the pictures of the operators' page show; `tests.pictures` takes them."""

from __future__ import annotations

from datetime import timedelta

from services.gateway.operating.render import Frame, Pages
from services.gateway.port import Checked, LetterLine, PartitionStatus, ServiceStatus, Worker
from shared.texts.brand import OURS
from tests.unit.services.gateway.members import NOW

HOME = "/operate"
PROCESS = "rapport-1/7/3f9c"
NAMES = ("invites", "followups", "digest", "projection")


def _service(name: str, number: int) -> ServiceStatus:
    counts = {"timers": 48_210 * number, "events": 18_400}
    mails = {"mails_sent": 4_812, "mails_failed": 1} if name == "digest" else {}
    worker = Worker(PROCESS, 2, 12, (), 3 if mails else 0, counts | mails, (3.1, 11.0 + number), (0.8, 2.4))
    late = 3 if name == "followups" else 0
    partitions = tuple(
        PartitionStatus(at, (PROCESS,), recovered=True, lag=17 * at if late else 0, due=late if at == 4 else 0,
                        late_seconds=94.0 if late and at == 4 else 0.0)
        for at in range(12)
    )  # fmt: skip
    return ServiceStatus(name, (worker,), partitions)


def operator_pages() -> dict[str, str]:
    """Return the pages that are shown, by the names of their pictures without `-phone`."""
    pages, frame = Pages(OURS), Frame(HOME, HOME, "mark")
    stands = [_service(name, number + 1) for number, name in enumerate(NAMES)]
    letters = [
        LetterLine("rapport.activity.v1/3/4117", NOW - timedelta(minutes=9),
                   "data.zone: must be an IANA time zone", ("digest", "followups"), "rapport.member.joined, id m-88"),
        LetterLine("rapport.activity.v1/9/2020", NOW - timedelta(hours=5),
                   "value: is not JSON", ("followups", "invites"), "", replayed=True),
    ]  # fmt: skip
    checks = [
        Checked("kafka", ok=True, says="answers, 3 brokers"),
        Checked("topics", ok=True, says="12 partitions each, as planned"),
        Checked("store", ok=True, says="answers; 212 MB of 1,024 MB"),
        Checked("webhooks", ok=False, says="crm is 3 h behind", way_out="look at `rapport webhooks status`"),
    ]
    return {
        "operate-services": pages.overview(stands, frame),
        "operate-service": pages.service(stands[1], frame._replace(here=f"{HOME}/services/followups")),
        "operate-checks": pages.checks(checks, frame._replace(here=f"{HOME}/checks")),
        "operate-letters": pages.letters(letters, len(letters), 0, None, frame._replace(here=f"{HOME}/letters")),
    }
