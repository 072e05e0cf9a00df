"""The service *gateway*: a click on a mail's link becomes an event, and what is known of a member is shown.

Links in mails: `link_pages` (HTTP, headers), `actions` (what a click says, and until when *later* is), `letting_go` (how
many minutes remain to think again), `choice` (what was ticked), `render`, `words` and `pages` (how it looks). `api` is for
products, `personal` for members, `operating` for operators; `browser` lets a browser in (cookie, marks of forms).
`projection` is what is known, `reading` joins it into answers, `publishing` appends events. `port` is what the gateway asks
of whoever knows all services, `app` its FastStream application. Read `link_pages` first, then `projection/decider`.
"""
