// What an operation would do, shown before it is done: Enter does it, Escape leaves it.
import { byId, h, number, percent, replace, t } from "./shared.js";
import { on, state } from "./store.js";
import { cancel, commit } from "./board.js";
import { attempt } from "./notices.js";

export function start() {
  on(["preview"], draw);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && state.preview && state.preview.effect && !event.target.closest("button, input, textarea, dialog")) attempt(commit);
  });
}

function draw() {
  const box = byId("preview");
  box.hidden = !state.preview;
  if (!state.preview) return;
  const { effect, problem } = state.preview;
  replace(box, problem ? [h("h2", {}, t("refused")), h("p", {}, problem.message)] : told(effect), h("div", { class: "buttons" },
    effect ? h("button", { type: "button", class: "main", onclick: () => attempt(commit) }, t("confirm")) : null,
    h("button", { type: "button", onclick: cancel }, t("cancel"))));
}

function told(effect) {
  const { households_moved: households, persons_moved: persons } = effect.totals;
  return [
    h("h2", {}, t("previewTitle")),
    h("p", {}, households ? t("people", { households: number(households), persons: number(persons) }) : t("nobodyMoves")),
    h("table", {}, effect.grids.map((row) => h("tr", {}, h("th", { scope: "row" }, row.name || row.grid_id), h("td", {}, change(row)), h("td", {}, deviation(row.deviation_after))))),
  ];
}

const change = (row) => t("beforeAfter", { before: row.households_before === null ? "—" : number(row.households_before), after: row.households_after === null ? "—" : number(row.households_after) });
export const deviation = (value) => (value === null || value === undefined ? "" : `${value > 0 ? "+" : ""}${(value * 100).toFixed(0)}%`);
export const share = (value) => (value === null || value === undefined ? t("unknown") : percent(Math.round(value * 10000)));
