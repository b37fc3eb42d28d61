"""Channels to people, each behind the `Notifier` port."""
