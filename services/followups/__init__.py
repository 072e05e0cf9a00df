"""The service *followups*: it plans reminders, says when they are due, and what ended them.

Read `decider` (its face to the runtime), then `model`, `apply`, `rules`, `engine`.
"""
