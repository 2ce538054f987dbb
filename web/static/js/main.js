// What pages do beyond plain forms and links. Each part looks for its own marks in the page.
import { watchKeys, watchCapture } from "./keys.js";
import { watchForms } from "./turn.js";
import { watchCounts, watchProgress } from "./live.js";
import { openSpan } from "./span.js";

const ROOMY = "(min-width: 62rem)";

function settle() {
  if (matchMedia(ROOMY).matches) document.querySelectorAll("details[data-wide]").forEach((box) => { box.open = true; });
  openSpan(document);
  document.querySelector(".ways [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

watchKeys();
watchCapture();
watchForms(settle);
watchCounts();
watchProgress();
settle();
