"""The deciders asked without a running service.

A member's history read again, and what would come of events that nobody sends.
"""
