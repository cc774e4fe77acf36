// Select a grid: its figures are shown, and other tools begin with it.
import { onGrid } from "./mapview.js";
import { set } from "./store.js";

export const select = { id: "select", word: "toolSelect", key: "v", writes: false, start: () => onGrid(({ type, grid }) => type === "click" && set({ chosen: grid })) };
