"""What a new generation of a job would change, and whether the state of the old one fits it. Pure comparison of resolved jobs:
the runner carries out what these rules allow, `flowdeck plan` shows it beforehand."""
