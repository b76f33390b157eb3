"""Hot reload: a job file that is saved becomes what runs, without losing or repeating a row, or the old one runs on."""
