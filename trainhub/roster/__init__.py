"""People and places: organisations, calendar, staff, posts, classes, pupils, imports."""
