"""What a product shows of a member, as answers: pure functions of what the projection knows and of the present instant.

Read `forms` (fields, and how long a page is), `view` (the items) and `open_followups` (what topics say, joined), then one
module for each route: `agenda`, `contact`, `invite_states`, `meetings`, `wishes` (preferences, digests). `spans` says how
long an answer reads the same.
"""
