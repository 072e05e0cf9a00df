"""A digest on its way: made into bytes, handed to a mail server once, and what became of it.

Read `mailer` first. `presend_check` looks again at the last moment; `making` chooses what is shown, `message` has the headers
and parts of a mail, `head` writes and checks the lines of headers; `addresses` says where mail can go. The SMTP side is
`shared/delivery`.
"""
