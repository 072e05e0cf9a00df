"""What a process shows of itself: log lines, metrics, traces, `/ready` and `/live`, its report in the store.

Read `health` first; `metrics` and `log_observer` have what is counted and logged, `reported` is the report.
"""
