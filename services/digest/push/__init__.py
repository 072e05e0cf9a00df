"""Reminders that go to the channel that a member chose, beside the digest, which shows them all the same.

Read `evaluate` (pure: when an attempt begins, and what becomes of it), then `pusher`, which makes it.
"""
