"""What a process shows of itself: log lines, metrics, traces, `/ready` and `/live`, its report in the store.

Read `health` first (when something is ready or alive; how long a wake may be late, or a poll stand), `health_monitor` (how
often it looks) and `health_server` (the answers). `metrics` has what is counted, `metric_labels` as which classes,
`log_observer` what is logged; `http_observer` and `http_metrics` are those of HTTP servers, `tracing` is OpenTelemetry,
`reported` the report. Metrics of webhooks: `rapport/webhooks/delivering/posting`.
"""
