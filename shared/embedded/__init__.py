"""The default way to run: the real Apache Kafka and the real Valkey as child processes, without Java or Docker.

An extra (`rapport[embedded]`): images and servers do without it. `running` and `Addresses` need nothing of it.

Read `system` first, then `supervisor` (with its owner's end, `supervised`) and `servers` (their settings and memory); `jars`
fetches Kafka, `classes` lets it start faster, `folder` keeps the data, `mail` catches mails, `ports` finds free ones,
`progress` shows it.
"""

from shared.embedded.folder.data_folder import Addresses, running
from shared.embedded.folder.errors import EmbeddedError, InUse
from shared.embedded.system import System, start

__all__ = ["Addresses", "EmbeddedError", "InUse", "System", "running", "start"]
