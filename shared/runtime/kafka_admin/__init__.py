"""Topics and rights: made, compared with what they should be, watched.

Read `topics` first, then `topics_check`; `acls` and `permissions` are about who may do what. A running service needs
`topic_watch` and `permissions` alone.
"""
