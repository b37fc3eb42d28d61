"""What sounds at home when somebody presses."""
