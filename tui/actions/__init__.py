"""What a person may do to a job: when it is possible, what it will do, and how it is carried out. No Textual here."""
