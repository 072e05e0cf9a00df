"""What is known of one member: read again from the topics, and found by the names that people give to items.

Read `member_replay`, then `item_lookup`; `to_primitives` makes plain values of states.
"""
