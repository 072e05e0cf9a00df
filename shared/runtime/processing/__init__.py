"""One partition at work, whatever log and store there are: events in, own events out, timers.

Read `process` (the loop), `partition_task` (what it works on), `reading` (records as events, or poison), `unit_of_work` and
`member` (one step), `invariants` (what must always hold), `effects` (mails and pushes), then `read_again`. `observer` is what
others see of it; `counted_lines` bounds log lines, `missed_responses` and `strange_types` count what nobody knew.
"""
