"""Rules of class meetings. Pure: no database, no web, no clock."""
