"""A member's own pages: today, a person, preferences. They read what the projection knows, and say what a product would.

Read `routes` first. Who is let in, for how long, and how often the feed may be asked: `visits`. What each page shows:
`content`. What a click says: `forms`. How it looks: `render`, `templates`, `personal.css`, and the colours of
`services/gateway/pages`. `calendar` is the feed for calendar programs (`zones`: its time zones), `importing` the page for
uploads.
"""
