// The panels beside the map: each is a row with its word and what draws it into its element.
import { byId, h, replace, t } from "./shared.js";
import { grids } from "./gridspanel.js";

export const PANELS = [grids];

export function start() {
  replace(byId("panels"), PANELS.map((panel) => h("section", { id: `panel-${panel.id}`, role: "tabpanel", "aria-labelledby": `tab-${panel.id}`, tabindex: "0", hidden: true })));
  replace(byId("tabs"), PANELS.map((panel) => h("button", { type: "button", id: `tab-${panel.id}`, role: "tab", "aria-controls": `panel-${panel.id}`, onclick: () => show(panel.id) }, t(panel.word))));
  byId("tabs").addEventListener("keydown", walk);
  for (const panel of PANELS) panel.mount(byId(`panel-${panel.id}`));
  show(PANELS[0].id);
}

export function show(id) {
  for (const panel of PANELS) {
    const chosen = panel.id === id, tab = byId(`tab-${panel.id}`);
    byId(`panel-${panel.id}`).hidden = !chosen;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen && panel.shown) panel.shown();
  }
}

function walk(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  const at = PANELS.findIndex((panel) => byId(`tab-${panel.id}`).getAttribute("aria-selected") === "true");
  const next = PANELS[(at + step + PANELS.length) % PANELS.length];
  show(next.id);
  byId(`tab-${next.id}`).focus();
}
