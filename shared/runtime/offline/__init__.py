"""The deciders asked without a running service.

Read `member_history` (a member's history read again; `member_snapshot` where the log begins later), then `dry_run`: what
would come of events that nobody sends.
"""
