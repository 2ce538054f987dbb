// One key presses the button that names it: <button data-key="y">, or opens the <summary data-key="k">.

const TYPING = "input:not([type=checkbox], [type=radio], [type=range]), textarea, select";

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return null;
  if (event.target.closest?.(TYPING)) return null;
  if (event.key.startsWith("Arrow") && event.target.closest?.("input")) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "Enter" && event.target.closest?.("a, button, summary")) return null;
  return [...document.querySelectorAll("[data-key]")].find((button) => button.dataset.key === key) ?? null;
}

function close(box) {
  if (!box) return;
  box.open = false;
  box.querySelector("summary").focus();
}

export function watchKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(event.target.closest?.("details[open]"));
    const found = pressed(event);
    if (!found || document.querySelector("main[aria-busy=true]")) return;
    event.preventDefault();
    found.click();
    const box = found.closest("details");
    if (found.localName === "summary" && box.open) {
      box.querySelector("input:not([type=hidden]), select, button:not(summary button)")?.focus();
      box.scrollIntoView({ block: "nearest" });
    }
  });
}

export function watchCapture() {
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches?.("[data-capture]") || ["Tab", "Shift", "Control", "Alt", "Meta", "Enter"].includes(event.key)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    event.preventDefault();
    field.value = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  });
}
