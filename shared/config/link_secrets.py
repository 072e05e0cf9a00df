"""The secrets that seal links in mails, as `RAPPORT_LINK_SECRET` names them."""

from __future__ import annotations

from typing import Final

CHARS_MIN: Final = 32
LETTERS_MIN: Final = 8
"""Different characters of a secret: 32 hexadecimal digits by chance have fewer in one of a million cases at most."""
SECRETS_MAX: Final = 5
"""The one that seals, and old ones whose links still open."""


def link_secrets(value: str) -> list[str]:
    """Read one secret, or several separated by commas, the newest first; `ValueError` with the reason."""
    secrets = [secret.strip() for secret in value.split(",")]
    if len(secrets) > SECRETS_MAX or min(map(len, secrets)) < CHARS_MIN:
        raise ValueError(
            f"must have at least {CHARS_MIN} characters; several (the newest first, {SECRETS_MAX} at most) are separated"
            " by commas, and each has as many"
        )
    if any(len(set(secret)) < LETTERS_MIN for secret in secrets):
        raise ValueError(f"must be drawn by chance: fewer than {LETTERS_MIN} different characters are easily guessed")
    if len(set(secrets)) < len(secrets):
        raise ValueError("names the same secret twice: an old one stays beside a new one, and never beside itself")
    return secrets
