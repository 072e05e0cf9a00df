"""Records out of the ordinary way: what an operator has read again or stepped over, and what somebody else put between.

Read `replay`, `step_over`, then `strays`.
"""
