"""The service *gateway*: it turns a click on a mail's link into an event of the member's. Read `app` first."""
