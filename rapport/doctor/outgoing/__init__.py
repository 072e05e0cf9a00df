"""What `rapport doctor` says of what leaves by other ways than mail: webhooks, and reminders in members' apps."""
