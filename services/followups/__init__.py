"""The service *followups*: it plans reminders, says when they are due, and what ended them.

Read `decider` (its face to the runtime; `app` is its FastStream application), then `model`, `apply`, `rules` (each rule, with
its days), `engine` (what all rules share). `missed_responses` counts answers about nothing that is known, `rule_docs` is the
page, `migrations` leads older states on.
"""
