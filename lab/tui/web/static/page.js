// Beside the terminal's own script (textual-serve): where its socket is, the keyboard, and what is said at the end.
"use strict";
(() => {
  const terminal = document.getElementById("terminal");
  const here = new URL(".", location.href);
  terminal.dataset.sessionWebsocketUrl = here.href.replace(/^http/, "ws") + "ws";

  const end = (why) => {
    document.getElementById("waiting").hidden = true;
    if (why) document.getElementById("why").textContent = why;
    document.getElementById("ended").hidden = false;
    document.getElementById("again").focus();
  };
  document.getElementById("again").addEventListener("click", () => location.reload());
  addEventListener("error", (event) => {
    if (!document.body.classList.contains("-first-byte"))
      end("This browser cannot draw the terminal (" + event.message + "). In a terminal: podlab");
  });
  new MutationObserver(() => {
    const classes = document.body.classList;
    if (classes.contains("-closed"))
      end(classes.contains("-first-byte") ? "" : "The lab did not open here: too many sessions may be open.");
    else if (classes.contains("-first-byte"))
      document.querySelector(".xterm-helper-textarea")?.focus();
  }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
})();
