"""Every step from an empty database to `tables`, in order; a step that was released is never edited."""
