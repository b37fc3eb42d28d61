"""One file that holds what a house needs besides its video: its bytes, plain or encrypted.  Who fills it is `app`'s."""
