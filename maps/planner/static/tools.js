// The tools of the map: each is a row with its word, its key, and what starts and stops it. One is in use at a time.
import { byId, h, replace, t } from "./shared.js";
import { on, set, state } from "./store.js";
import { cancel } from "./board.js";
import { select } from "./toolselect.js";

export const TOOLS = [select];

let stop = () => {};

export function start() {
  on(["tool", "plan"], choose);
  on(["tool", "plan"], draw);
  choose();
  draw();
  document.addEventListener("keydown", onKey);
}

const usable = (tool) => !tool.writes || (state.plan && state.plan.status === "open");

function choose() {
  stop();
  const tool = TOOLS.find((each) => each.id === state.tool && usable(each)) || TOOLS[0];
  stop = tool.start() || (() => {});
}

function draw() {
  replace(byId("tools"), TOOLS.map((tool) => h("button", {
    type: "button", title: `${t(tool.word)} (${tool.key.toUpperCase()})`, "aria-pressed": String(state.tool === tool.id), disabled: !usable(tool),
    onclick: () => set({ tool: tool.id }),
  }, t(tool.word))));
}

function onKey(event) {
  if (event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") { cancel(); set({ tool: "select" }); }
  const tool = TOOLS.find((each) => each.key === event.key.toLowerCase());
  if (tool && usable(tool)) set({ tool: tool.id });
}
