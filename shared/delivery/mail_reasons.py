"""How a reason begins why a mail was not delivered: its code, which says what the failure is about."""

from __future__ import annotations

from typing import Final

BOUNCED: Final = "refused"
"""How a reason begins that gives up the address: the mail server said that it takes no mail for it."""
FULL: Final = "deferred"
"""How a reason begins that lies with the address and may pass: a full mailbox, a server that says later."""
UNREACHABLE: Final = "unreachable"
"""How a reason begins that lies with the way to the mail server: it says nothing about the address."""
REJECTED: Final = "rejected"
"""How a reason begins that ends this mail: the server's policy, or the mail's content."""
