"""The checks of `rapport doctor`, and of `rapport run` before it starts.

Read `check` first (what one is), then `checks` (all of them, in order). Each other file is about one part: services, what is
made anew of them, processes, dead letters, retention, webhooks, unknown types and answers.
"""
