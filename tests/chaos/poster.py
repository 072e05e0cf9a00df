"""`rapport webhooks run`, as it is, in a process of its own: less patient, and with a guard off if told.

The only argument is a JSON list: names of `variants.GUARDS` that are off.
"""

from __future__ import annotations

import json
import sys

from rapport.cli import main
from rapport.webhooks.delivering import gate
from shared.delivery import http_post
from tests.chaos import variants
from tests.chaos.driven import end_with_driver
from tests.chaos.moments import put

RETRY_SECONDS = (0.3, 0.6, 1.0)
"""In place of seconds to an hour."""
ATTEMPT_SECONDS = 2.0
"""Until a receiver that is asleep is given up: a run has no 15 s for each."""

if __name__ == "__main__":
    end_with_driver()
    put(gate, "RETRY_SECONDS", RETRY_SECONDS)
    put(gate, "FIRST_SECONDS", RETRY_SECONDS[0])
    put(http_post, "ATTEMPT_SECONDS_MAX", ATTEMPT_SECONDS)
    for name in json.loads(sys.argv[1]):
        variants.GUARDS[name].switch_off()
    sys.argv = ["rapport", "webhooks", "run"]
    main()
