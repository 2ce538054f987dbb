// Sends <form data-turn> without leaving the page: the answer is a whole page, of which the middle is
// taken over. So all works without this too, only slower.

async function send(form, button) {
  const body = new FormData(form, button);
  const address = button?.hasAttribute("formaction") ? button.formAction : form.action;
  const response = await fetch(address, { method: "POST", body });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const main = page.querySelector("main");
  if (!main) throw new Error("no page");
  return { main, title: page.title, address: response.url, fine: response.ok };
}

function show({ main, title, address, fine }) {
  document.querySelector("main").replaceWith(document.adoptNode(main));
  document.title = title;
  if (fine) history.replaceState(null, "", address);
  window.scrollTo({ top: 0, behavior: "instant" });
  const heading = document.querySelector("main h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
}

function tell() {
  const said = document.querySelector("main .tell")?.textContent.trim() ?? "";
  const asked = document.querySelector("#asked")?.textContent.trim().slice(0, 200) ?? "";
  document.querySelector("#live").textContent = [said, asked].filter(Boolean).join(" ");
}

function complain(main) {
  main.removeAttribute("aria-busy");
  const box = main.querySelector(".tell.lost") ?? document.createElement("p");
  box.className = "tell warn lost";
  box.setAttribute("role", "alert");
  box.textContent = "The server did not answer. Nothing is lost: try again in a moment.";
  main.prepend(box);
}

export function watchForms(settle) {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const main = form.closest("main");
    if (!form.matches("[data-turn]") || event.submitter?.matches("[data-no-turn]") || !main) return;
    event.preventDefault();
    if (main.getAttribute("aria-busy") === "true") return;
    main.setAttribute("aria-busy", "true");
    try {
      show(await send(form, event.submitter));
      tell();
      settle();
    } catch {
      complain(main);
    }
  });
}
