"""What all services stand on: their events, the form of a decider, the runtime that runs one. It knows no service.

Read `decider` (what a service is), `contracts` (what they say), `stored` (what is kept of a state), then `runtime`.
What several services need: `preferences` (what a member wishes), `calendar` (instants of a member's clock, quiet hours),
`merge` (events in any order), `links` (sealed links in mails).
"""
