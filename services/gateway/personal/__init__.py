"""A member's own pages: today, a person, preferences. They read what the projection knows, and say what a product would.

Read `door` (who is let in, and what a press says), `today`, `person` and `wishes` (what each page shows), `forms`, `render`.
"""
