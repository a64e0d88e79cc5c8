// Shows the buttons for passkeys where the browser knows them, says in words when one was not used, and shows a
// password to whoever asks for it. Each page works without.
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

document.querySelectorAll('input[type="password"]').forEach((field) => {
  const button = document.createElement("button");
  const name = document.querySelector(`label[for="${field.id}"]`)?.textContent.replace(":", "").trim().toLowerCase() || "password";
  const show = (isShown) => {
    field.type = isShown ? "text" : "password";
    button.textContent = `${isShown ? "Hide" : "Show"} ${name}`;
  };
  button.type = "button";
  button.className = "link show-password";
  button.addEventListener("click", () => show(field.type === "password"));
  field.form.addEventListener("submit", () => show(false)); // so that no browser keeps it as a text
  field.autocapitalize = "none";
  field.spellcheck = false;
  show(false);
  field.after(button);
});
