// What the pages do by themselves: filters without a button, live progress, keys of the review. Everything works without it, too.
(() => {
  "use strict";
  const say = (text) => { const box = document.getElementById("said"); if (box) box.textContent = text; };

  const here = document.querySelector(".topbar a[aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2 - here.parentElement.offsetLeft;

  // Filters are sent when they change; the page stays where it is.
  for (const form of document.querySelectorAll("form[data-filter]")) {
    let timer = 0;
    const send = () => {
      const fields = [...new FormData(form)].filter(([, value]) => value !== "");
      const address = form.getAttribute("action") + (fields.length ? "?" + new URLSearchParams(fields) : "");
      history.replaceState(null, "", address);
      htmx.ajax("GET", address, { target: "#results", select: "#results", swap: "outerHTML" });
    };
    form.addEventListener("change", send);
    form.addEventListener("input", (event) => {
      if (event.target.type === "search") { clearTimeout(timer); timer = setTimeout(send, 250); }
    });
    form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  }

  // Progress of a run, also of one that another terminal started.
  for (const box of document.querySelectorAll("[data-live]")) {
    const of = (name) => box.querySelector(`[data-of="${name}"]`);
    const number = new Intl.NumberFormat("en");
    const source = new EventSource(box.dataset.live);
    source.onmessage = (event) => {
      const facts = JSON.parse(event.data);
      of("state").textContent = facts.state;
      of("state").className = "badge " + (facts.state === "running" ? "working" : "idle");
      if (facts.state === "gone") { source.close(); say("The run's folder is not there any more."); return; }
      of("label").textContent = facts.label;
      of("count").textContent = facts.total ? `${number.format(facts.done)} of ${number.format(facts.total)} ${facts.unit}` : "";
      of("rate").textContent = facts.rate;
      of("left").textContent = facts.left;
      of("tokens").textContent = facts.tokens ? `${number.format(facts.tokens)} tokens` : "";
      const bar = box.querySelector("progress");
      bar.max = facts.total || 1;
      bar.value = facts.total ? facts.done : facts.state === "done" ? 1 : 0;
      if (String(facts.rounds) !== box.dataset.rounds) {
        box.dataset.rounds = facts.rounds;
        say("A round has ended.");
        if (!document.getElementById("fresh")) {
          const link = Object.assign(document.createElement("a"), { id: "fresh", href: location.href, textContent: "A round has ended: show it" });
          box.append(link);
        }
      }
    };
  }

  // Keys: j and k walk through rows; a, r, e and s are the draft's buttons; ? shows them all.
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const walk = (step) => {
    const all = rows();
    if (!all.length) return;
    const now = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.min(all.length - 1, Math.max(0, now + step))];
    (next.matches("a") ? next : next.querySelector("a, button, summary"))?.focus();
  };
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
        const form = target.closest?.("form");
        if (form?.querySelector("[data-main]")) { event.preventDefault(); form.requestSubmit(form.querySelector("[data-main]")); }
      }
      return;
    }
    if (event.key === "Escape" && target.closest?.(".cm-editor, input, textarea, select")) {
      document.querySelector("[data-keys]")?.focus();
      return;
    }
    if (target.closest?.("input, textarea, select, .cm-editor, [contenteditable]")) return;
    if (event.key === "?") {
      const help = document.getElementById("keys");
      if (help) { event.preventDefault(); help.open ? help.close() : help.showModal(); }
      return;
    }
    if (event.key === "j" || event.key === "k") {
      const link = document.querySelector(event.key === "j" ? "a[data-next]" : "a[data-before]");
      if (link) link.click(); else walk(event.key === "j" ? 1 : -1);
      event.preventDefault();
      return;
    }
    const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (wanted) {
      event.preventDefault();
      const area = wanted.matches("textarea") ? wanted : null;
      if (area?.goldloopView) area.goldloopView.focus();
      else if (wanted.matches("button, a")) wanted.click();
      else wanted.focus();
    }
  });
  for (const button of document.querySelectorAll("[data-key-help]"))
    button.addEventListener("click", () => document.getElementById("keys").showModal());
  for (const button of document.querySelectorAll("dialog [value=close]"))
    button.addEventListener("click", () => button.closest("dialog").close());

  // The name of a reviewer is remembered in this browser.
  for (const field of document.querySelectorAll("input[name=who]")) {
    try {
      if (!field.value) field.value = localStorage.getItem("goldloop-who") ?? "";
      field.addEventListener("change", () => localStorage.setItem("goldloop-who", field.value));
    } catch { /* storage may be switched off */ }
  }
  // A form that is at work says so, and is not sent twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.busy) { event.preventDefault(); return; }
    form.dataset.busy = "1";
    say("At work in the sandbox…");
  });
  addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.busy; });
})();
