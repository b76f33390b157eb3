// Before the terminal's own script: says why a session ended, and puts the keyboard into the terminal.
"use strict";

(() => {
  const lost = "The connection has ended. If flowdeck web was stopped, start it again and open the address that it prints.";
  let reason = lost;
  let leaving = false;

  const ended = () => {
    if (leaving) return;
    document.getElementById("why").textContent = reason;
    document.getElementById("again").focus();
  };

  const heard = (event) => {
    if (typeof event.data !== "string") return;
    const [kind, text] = JSON.parse(event.data);
    if (kind === "ended") reason = text;
  };

  const typing = () => document.querySelector(".xterm-helper-textarea")?.focus();

  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener("close", ended);
      this.addEventListener("message", heard);
      this.addEventListener("message", typing, { once: true });
    }
  };

  window.addEventListener("pagehide", () => { leaving = true; });
  window.addEventListener("focus", typing);
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("again").addEventListener("click", () => window.location.reload());
  });
})();
