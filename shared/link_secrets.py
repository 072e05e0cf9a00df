"""The secrets that seal links in mails, as `RAPPORT_LINK_SECRET` names them."""

from __future__ import annotations

from typing import Final

CHARS_MIN: Final = 32
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
    return secrets
