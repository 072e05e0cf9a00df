"""Reminders that go to the channel that a member chose, beside the digest, which shows them all the same.

Read `evaluate` (pure: when an attempt begins, when it is tried again, what becomes of it), then `pusher`, which makes it.
What each app is asked, and with which body, is in `shared/delivery/channels`.
"""
