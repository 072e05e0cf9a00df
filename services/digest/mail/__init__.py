"""A digest on its way: made into bytes, handed to a mail server once, and what became of it.

Read `mailer` first. `presend_check` looks again at the last moment; `making`, `message` and `head` make the bytes;
`addresses` says where mail can go.
"""
