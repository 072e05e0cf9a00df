"""A digest on its way: made into bytes, handed to a mail server once, and what became of it. Read `mailer` first."""
