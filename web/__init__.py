"""The moderation UI: a person settles a notice once, for every copy of it. Run it by `python -m web`."""
