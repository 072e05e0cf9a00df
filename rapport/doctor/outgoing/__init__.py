"""What `rapport doctor` says of `webhooks`, and of reminders in members' apps (`channels`)."""
