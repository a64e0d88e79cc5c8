// A button beside the address of each link copies it, where the browser allows that.
(() => {
  "use strict";

  for (const button of document.querySelectorAll("[data-copy]")) {
    const address = document.getElementById(button.dataset.copy);
    const said = button.parentElement.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      address.select();
      try {
        await navigator.clipboard.writeText(address.value);
        said.textContent = "Copied";
      } catch {
        said.textContent = "Not copied: the address is selected, so copy it with the keyboard.";
      }
    });
  }
})();
