"""What a product shows of a member, as answers: pure functions of what the projection knows and of the present instant.

Read `forms`, `open_followups` (what topics say, joined), then one module for each route.
"""
