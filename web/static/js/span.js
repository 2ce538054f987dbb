// Choosing a part of a wording: by selecting it with the mouse, or by its two ends with the arrow keys.

function chosen(words, selection) {
  const hit = words.map((word, i) => (selection.containsNode(word, true) ? i : -1)).filter((i) => i >= 0);
  return hit.length ? [hit[0], hit[hit.length - 1]] : null;
}

function open(box) {
  const words = [...box.querySelectorAll("[data-words] > span[data-start]")];
  const [from, to] = [box.querySelector("[data-from]"), box.querySelector("[data-to]")];
  const form = box.closest("form");

  function show() {
    const [first, last] = [Number(from.value), Number(to.value)];
    words.forEach((word, i) => word.classList.toggle("in", first <= i && i <= last));
    form.elements.start.value = words[first].dataset.start;
    form.elements.end.value = words[last].dataset.end;
    from.setAttribute("aria-valuetext", words[first].textContent);
    to.setAttribute("aria-valuetext", words[last].textContent);
    box.querySelector("[data-part]").disabled = first === 0 && last === words.length - 1;
  }

  from.addEventListener("input", () => {
    if (Number(from.value) > Number(to.value)) to.value = from.value;
    show();
  });
  to.addEventListener("input", () => {
    if (Number(to.value) < Number(from.value)) from.value = to.value;
    show();
  });
  box.querySelector("[data-words]").addEventListener("pointerup", () => {
    const selection = document.getSelection();
    const found = selection.isCollapsed ? null : chosen(words, selection);
    if (!found) return;
    [from.value, to.value] = found;
    selection.removeAllRanges();
    show();
  });
  box.hidden = false;
  show();
}

export function openSpan(root) {
  for (const box of root.querySelectorAll("[data-span][hidden]")) open(box);
}
