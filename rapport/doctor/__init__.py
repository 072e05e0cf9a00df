"""The checks of `rapport doctor`, and of `rapport run` before it starts.

Read `checks` (all of them, in order, and those of Kafka, the store and the mail server), then `startup`, which waits for what
may still come. `parts` has one file for each other part of the system, `outgoing` one for each way out beside mail.
"""
