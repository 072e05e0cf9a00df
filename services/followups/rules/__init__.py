"""The rules: `form` says what one is, and `table` lists them all.

A rule stands with whom or what it is *about*, whatever it begins with: `people` (a contact: to thank, to propose a meeting,
to meet a second time, to stay in touch), `invites`, `meetings` (one that is proposed, planned or over), `giving` (help,
promises, pursuits, gatherings), `dates`, `reminders` (a member's own).

Read `form` (at which hour of the morning they fall due, too), then one of these, then `table`.
"""
