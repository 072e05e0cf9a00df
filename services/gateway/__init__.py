"""The service *gateway*: a click on a mail's link becomes an event of the member's, and what is known of a member is shown.

`door` answers the links in mails, `api` products, `personal` members, `operating` operators. `projection` is what is known,
`app` its FastStream application, `reading` joins it into answers. Read `door` first, then `projection/decider`.
"""
