"""What members do over HTTP: done, later, keep, pull back, preferences, leaving; each becomes an event.

Read `table` (every action with its path and fields), then `event` (what an action becomes). `channels` seals the address of a
member's channel.
"""
