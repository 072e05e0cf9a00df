"""One partition at work, whatever log and store there are: events in, own events out, timers.

Read `process` (the loop), `partition_task` (what it works on), `unit_of_work` and `member` (one step),
`invariants` (what must always hold), then `read_again`.
"""
