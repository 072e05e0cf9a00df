"""What can go wrong with the embedded system: each message says what is so, and the way out."""


class EmbeddedError(Exception):
    """The embedded system cannot start, or has ended. The message is meant for people, and complete."""


class InUse(EmbeddedError):
    """A live process has the data folder; it may be starting just now."""
