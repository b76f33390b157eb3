"""The colours: a dark and a light theme, each with three accents and four steps of grey."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="flowdeck-dark",
    primary="#63d4b8",
    secondary="#63d4b8",
    accent="#63d4b8",
    success="#63d4b8",
    warning="#e6b866",
    error="#f47c70",
    foreground="#d6dee6",
    background="#0f1419",
    surface="#161d24",
    panel="#1f2932",
    dark=True,
    variables={
        "muted": "#8b9aa8",
        "faint": "#4d5b68",
        "cursor-ground": "#24333d",
        "cursor-ground-blurred": "#192229",
        "scrollbar": "#2b3843",
        "scrollbar-hover": "#3a4a57",
        "scrollbar-active": "#63d4b8",
        "scrollbar-background": "#0f1419",
        "scrollbar-background-hover": "#0f1419",
        "scrollbar-background-active": "#0f1419",
        "scrollbar-corner-color": "#0f1419",
    },
)

LIGHT = Theme(
    name="flowdeck-light",
    primary="#00735f",
    secondary="#00735f",
    accent="#00735f",
    success="#00735f",
    warning="#8a5a00",
    error="#bb2d25",
    foreground="#1c2630",
    background="#fcfcfa",
    surface="#f0f3f2",
    panel="#e4e9e8",
    dark=False,
    variables={
        "muted": "#5a6772",
        "faint": "#a7b1b9",
        "cursor-ground": "#d5e9e4",
        "cursor-ground-blurred": "#ebf1ef",
        "scrollbar": "#cdd5d8",
        "scrollbar-hover": "#b4bfc4",
        "scrollbar-active": "#00735f",
        "scrollbar-background": "#fcfcfa",
        "scrollbar-background-hover": "#fcfcfa",
        "scrollbar-background-active": "#fcfcfa",
        "scrollbar-corner-color": "#fcfcfa",
    },
)

THEMES = (DARK, LIGHT)
