"""The way into an embedded system: one password for Kafka and Valkey, made at the first start, in files of their owner.

Both listen on loopback, where every account of the machine reaches them; the password keeps the others out. It stands in
files that are 0600 and nowhere else: no command line and no environment of a server has it.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Final

from shared.embedded.folder.private import write_private

USER: Final = "rapport"
"""Who enters Kafka."""
PASSWORD_BYTES: Final = 32
CLIENT_PROPERTIES: Final = "client.properties"
"""How Java's clients and Kafka's own tools enter (`--command-config`)."""
CLIENT_ENV: Final = "client.env"
"""The same as RAPPORT_* lines."""
_LOGIN: Final = "org.apache.kafka.common.security.plain.PlainLoginModule"


def password_of(folder: Path) -> str:
    """Return the password of a data folder, made where there is none: 43 characters that every file format takes."""
    file = folder / "password"
    try:
        kept = file.read_text().strip()
    except (OSError, ValueError):
        kept = ""
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", kept):
        kept = secrets.token_urlsafe(PASSWORD_BYTES)
    write_private(file, f"{kept}\n")  # an old one that was open to others is closed by it
    return kept


def login(password: str, *, of_broker: bool = False) -> str:
    """Return JAAS's line for Kafka's properties; a broker's also says whom it lets in."""
    takes = f' user_{USER}="{password}"' if of_broker else ""
    return f'{_LOGIN} required username="{USER}" password="{password}"{takes};'


def write_client_files(folder: Path, kafka: str, redis: str, smtp: str, password: str) -> None:
    """Say in the data folder how a client of somebody's own enters."""
    properties = {
        "bootstrap.servers": kafka,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": login(password),
    }
    environment = {
        "RAPPORT_KAFKA": kafka,
        "RAPPORT_KAFKA_SASL": "plain",
        "RAPPORT_KAFKA_USER": USER,
        "RAPPORT_KAFKA_PASSWORD": password,
        "RAPPORT_REDIS": redis,
        "RAPPORT_SMTP": smtp,
    }
    for name, lines in ((CLIENT_PROPERTIES, properties), (CLIENT_ENV, environment)):
        write_private(folder / name, "".join(f"{key}={value}\n" for key, value in lines.items()))
