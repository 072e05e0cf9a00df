"""Events about a member and somebody else: contacts, invites, meetings, promises, and what passes between them.

Read `contact` first; `interactions` has what passes between two people (messages, calls, help, thanks). `invite`, `meeting`,
`promise` and `gathering` are each one kind of thing; `introduced` finds the names in all of them.
"""
