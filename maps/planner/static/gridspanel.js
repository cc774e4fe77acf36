// The live panel: every grid with its households and deviation, and what all of them amount to.
import { h, number, replace, t } from "./shared.js";
import { on, state } from "./store.js";
import { showGrid } from "./mapview.js";
import { deviation } from "./preview.js";

export const grids = { id: "grids", word: "panelGrids", mount };

function mount(element) {
  const draw = () => state.totals && replace(element, summary(), table());
  on(["grids", "totals", "chosen"], draw);
  draw();
}

function summary() {
  const { range } = state.totals.totals;
  return h("p", {}, t("range", state.board.limits), " · ", t("inRange", { n: range.in }), " · ", t("below", { n: range.below }), " · ", t("above", { n: range.above }));
}

function table() {
  const rows = [...state.grids.values()].sort((one, other) => Math.abs(other.deviation ?? 0) - Math.abs(one.deviation ?? 0));
  return h("table", {}, h("thead", {}, h("tr", {}, ["grid", "households", "deviation"].map((word) => h("th", { scope: "col" }, t(word))))),
    h("tbody", {}, rows.slice(0, 200).map((row) => h("tr", { "aria-selected": String(row.grid_id === state.chosen), onclick: () => showGrid(row.grid_id) },
      h("th", { scope: "row" }, row.name || row.grid_id), h("td", {}, number(row.households ?? 0)), h("td", {}, deviation(row.deviation))))));
}
