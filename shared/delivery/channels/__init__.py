"""Where members can be reminded in apps of theirs.

Read `addresses` (ntfy, Slack, Discord, Telegram: which addresses there are, and what is posted to each), `answers` (what an
answer means), `reasons` (why a reminder did not arrive), `sealed` (the address as an event carries it).
"""
