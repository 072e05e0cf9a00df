"""Events about a member and somebody else: contacts, invites, meetings, promises, and what passes between them.

Read `contact` first; `interactions` has what passes between two people. Each other file is one kind of thing.
"""
