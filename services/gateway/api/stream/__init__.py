"""The live stream: what changes for a member, the moment it does, as server-sent events.

Read `streams` (one reader of the topics tells all open streams), then `recent` (what an interrupted one takes up from).
"""
