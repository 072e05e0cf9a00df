"""What is known of one member in the middle of a step, and what of it the shell alone needs.

Read `member_state`, then `runtime_meta` and `stored_form`. `incarnation` says which events count after an erasure,
`shell_events` which events the shell itself understands.
"""
