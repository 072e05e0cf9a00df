"""What is known of one member: registers, and the items that hold them.

Read `registers` first, then `people` and `followups`.
"""
