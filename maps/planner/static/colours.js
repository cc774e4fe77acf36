// What the map's colours say: a way of colouring is a row.
import { data } from "./shared.js";
import { state } from "./store.js";

const DEVIATIONS = [[-0.5, "#b9570f"], [-0.25, "#e8963a"], [0, "#fad7a0"], [0.25, "#b5d3ea"], [0.5, "#5a9bd0"], [Infinity, "#1d5d95"]];

export const WAYS = {
  deviation: (grid) => (DEVIATIONS.find(([most]) => (grid.deviation ?? 0) <= most) || DEVIATIONS[0])[1],
};

export function fillOf(grid) {
  if (state.colour.startsWith("share_")) return shareColour(grid[state.colour]);
  return (WAYS[state.colour] || WAYS.deviation)(grid);
}

function shareColour(share) {
  if (share === null || share === undefined) return data.style.unknown.fill;
  return data.style.classes.filter((row) => Math.round(share * 1000) >= row.least).pop().colour;
}
