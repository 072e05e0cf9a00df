"""What a process shows of itself: log lines, metrics, traces, `/ready` and `/live`, its report in the store.

Read `health` first; `reported` is the report.
"""
