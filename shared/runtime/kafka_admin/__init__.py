"""Topics and rights: made, compared with what they should be, watched.

No service needs more than `topic_watch` and `permissions`.
"""
