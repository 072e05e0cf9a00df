"""The live stream: what changes for a member, the moment it does, as server-sent events.

Read `streams` (one reader of the topics feeds all open streams; how many a key and a member may have), then `recent` (what an
interrupted one takes up from, and how much of it). The answer, its heartbeat and how long it may last stand in
`services/gateway/api/routes/stream`; how many a process may have in `rapport/serving/gateway`.
"""
