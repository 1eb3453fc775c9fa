"""Session-days and races as votes: who ran what where, what it cost, how it fared."""
