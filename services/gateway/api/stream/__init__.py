"""The live stream: what changes for a member, the moment it does, as server-sent events.

Read `streams` (one reader of the topics feeds all open streams; how many a key and a member may have), then `recent` (what an
interrupted one takes up from). How many a process may have stands in `rapport/serving/gateway.py`.
"""
