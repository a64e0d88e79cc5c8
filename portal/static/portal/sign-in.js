// Shows the buttons for passkeys where the browser knows them, and says in words when one was not used.
"use strict";

if (window.PublicKeyCredential) {
  document.querySelectorAll("[data-passkey]").forEach((button) => {
    button.hidden = false;
  });
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const problem = document.getElementById("passkey_problem");
  problem.textContent = "The passkey was not used. Try again, or choose another way.";
  problem.hidden = false;
});
