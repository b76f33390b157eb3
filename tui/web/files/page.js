// Before the terminal's own script: says why a session ended, and puts the keyboard into the terminal.
"use strict";

(() => {
  const lost = "The connection has ended. If flowdeck web was stopped, start it again and open the address that it prints.";
  let leaving = false;

  const ended = (reason) => {
    if (leaving) return;
    document.getElementById("why").textContent = reason || lost;
    document.getElementById("again").focus();
  };

  const typing = () => document.querySelector(".xterm-helper-textarea")?.focus();

  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener("close", (event) => ended(event.reason));
      this.addEventListener("message", typing, { once: true });
    }
  };

  window.addEventListener("pagehide", () => { leaving = true; });
  window.addEventListener("focus", typing);
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("again").addEventListener("click", () => window.location.reload());
  });
})();
