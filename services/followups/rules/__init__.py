"""The rules: `form` says what one is, and `table` lists them all.

A rule stands with whom or what it is *about*, whatever it begins with: `people` (a contact: to thank begins with an accepted
invite and is about the contact), `invites`, `meetings`, `giving` (help, promises, pursuits, gatherings), `dates`,
`reminders` (a member's own).

Read `form`, then one of these, then `table`.
"""
