// Numbers that change while a page is open.

const PAUSE = 15_000;
const QUICK = 1000;

async function ask(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (!response.ok || response.redirected) throw new Error(response.status);
  return response.json();
}

export function watchCounts() {
  setInterval(async () => {
    const list = document.querySelector("[data-counts]");
    if (!list || document.hidden) return;
    try {
      const counts = await ask(list.dataset.counts);
      for (const cell of list.querySelectorAll("[data-count]")) {
        cell.textContent = (counts[cell.dataset.count] ?? 0).toLocaleString("en");
      }
    } catch {
      // The next turn asks again.
    }
  }, PAUSE);
}

export function watchProgress() {
  const timer = setInterval(async () => {
    const bar = document.querySelector("[data-state]");
    if (!bar) return clearInterval(timer);
    try {
      const { state, done } = await ask(bar.dataset.state);
      bar.value = done;
      if (state !== "running") location.reload();
    } catch {
      // The next turn asks again.
    }
  }, QUICK);
}
