"""The service *gateway*: a click on a mail's link becomes an event of the member's, and what is known of a member is shown.

`link_pages` answers the links in mails, `api` products, `personal` members, `operating` operators (a browser is let in by
`browser`). `port` is what the gateway asks of whoever knows all services. `projection` is what is known, `reading` joins it
into answers, `app` is its FastStream application. Read `link_pages` first, then `projection/decider`.
"""
